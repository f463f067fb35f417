/** Why a submission did not become a registrant: the closed list of odk.md §18.7. */
export const deadLetterReasons = [
  'central-anomaly',
  'mapping-error',
  'required-missing',
  'unknown-choice',
  'bad-type',
  'head-missing',
  'head-ambiguous',
  'duplicate-identifier',
  'encrypted',
  'form-version-unmapped',
  'attachment-missing',
  'attachment-too-large',
  'gate',
  'target-rejected',
] as const;
export type DeadLetterReason = (typeof deadLetterReasons)[number];
