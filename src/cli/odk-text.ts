import type { PollReport } from '../odk/poll.ts';
import type { Preview } from '../odk/preview.ts';
import type { SourceStatus } from '../odk/status.ts';
import { table } from './table.ts';

/** One line for one poll. */
export const pollText = (report: PollReport): string => {
  const { read, reconciled, ...rest } = report;
  const parts = Object.entries(rest)
    .filter(([, count]) => count > 0)
    .map(([what, count]) => `${count} ${what}`);
  const more = reconciled
    ? `; compared with Central: ${reconciled.difference} differed, ${reconciled.vanished} gone`
    : '';
  return `${read} submissions${parts.length > 0 ? `: ${parts.join(', ')}` : ''}${more}`;
};

const show = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

export const previewText = ({ rows, unmapped }: Preview): string => {
  const lines = rows.flatMap(({ instanceId, outcome, reason, path, value, fields }) => [
    `${instanceId}  would be: ${outcome}${reason === null ? '' : ` (${reason}${path === null ? '' : ` at ${path}`}${value === null ? '' : `, where ${show(value)} stands`})`}`,
    ...fields.map(
      ({ target, source, value: found }) =>
        `    ${target} = ${show(found)}   (${source === '' ? 'fixed in the mapping' : `from ${source}`})`,
    ),
  ]);
  return [
    ...(lines.length > 0 ? lines : ['(no submissions)']),
    ...(unmapped.length > 0 ? ['', `Nothing in the mapping reads: ${unmapped.join(', ')}`] : []),
    '',
    'Nothing was changed.',
  ].join('\n');
};

const statusLines = (source: SourceStatus): string[] => {
  const { name, state, counts, files, lastError, lastSuccessAt, vanishedPaths, deadLetters, proposals } = source;
  const shown = Object.entries(counts).filter(([, count]) => count > 0);
  return [
    `${name}: ${state}${lastSuccessAt === null ? ', not polled yet' : `, last polled ${lastSuccessAt}`}`,
    ...(lastError === null ? [] : [`  trouble: ${lastError}`]),
    ...(vanishedPaths.length > 0 ? [`  the form lacks what the mapping reads: ${vanishedPaths.join(', ')}`] : []),
    `  ${shown.map(([what, count]) => `${count} ${what}`).join(', ') || 'nothing read yet'}`,
    ...(files.outstanding + files.failed > 0
      ? [`  files: ${files.outstanding} outstanding, ${files.failed} failed`]
      : []),
    ...(proposals.length > 0 ? [`  ${proposals.length} values of ODK wait behind values that others wrote`] : []),
    ...(deadLetters.length > 0
      ? [
          `  ${deadLetters.length} dead letters:`,
          ...table(
            ['submission', 'reason', 'path', 'value', 'tries'],
            deadLetters
              .slice(0, 20)
              .map((one) => [
                one.instanceId,
                one.reason,
                one.path ?? '',
                one.value === null ? '' : show(one.value).slice(0, 60),
                String(one.tries),
              ]),
          )
            .split('\n')
            .map((line) => `    ${line}`),
          ...(deadLetters.length > 20 ? [`    … and ${deadLetters.length - 20} more; --json lists them`] : []),
        ]
      : []),
  ];
};

export const odkStatusText = (sources: readonly SourceStatus[]): string =>
  sources.length === 0
    ? 'No source is added yet: npx crosswalk odk add --help'
    : sources.flatMap(statusLines).join('\n');
