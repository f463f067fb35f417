/** Where a property that the field owns is read back to. */
export interface FieldTarget {
  readonly part: 'attributes' | 'telecom' | 'name';
  /** Of the attribute, the contact system or the part of a name. */
  readonly name: string;
}

const PATH = /^(?:(attributes)\.(.+)|(telecom)\.(phone|email|sms|fax|url)|name(?:\.(given|family|middle))?)$/;

/** `attributes.NAME`, `telecom.phone`, `name` of a group, `name.given` of a person; `undefined` for anything else. */
export const fieldTarget = (path: string): FieldTarget | undefined => {
  const found = PATH.exec(path);
  if (!found) return undefined;
  const [, attributes, attribute, telecom, system, namePart] = found;
  if (attributes) return { part: 'attributes', name: attribute ?? '' };
  if (telecom) return { part: 'telecom', name: system ?? '' };
  return { part: 'name', name: namePart ?? '' };
};

/** The expression that shows what the registry holds at such a place, in API V2 JSON. */
export const shownExpression = (path: string, language: 'jsonata' | 'jq'): string => {
  const target = fieldTarget(path);
  const isJq = language === 'jq';
  const quoted = JSON.stringify(target?.name);
  switch (target?.part) {
    case 'attributes':
      return isJq ? `.extension[${quoted}]` : `$lookup(extension, ${quoted})`;
    case 'telecom':
      return isJq ? `first(.telecom[]? | select(.system == ${quoted})).value` : `telecom[system = ${quoted}][0].value`;
    default:
      return isJq ? `.${path}` : path;
  }
};
