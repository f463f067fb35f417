import { isObject } from '../../core/json.ts';

/** A question, group or repeat of a form, by the names OData gives it. */
export interface Field {
  readonly name: string;
  /** With dots; empty for the form itself. */
  readonly path: string;
  /** Central's type; `system` for what Central adds. */
  readonly type: string;
  readonly selectMultiple: boolean;
  /** The innermost repeat it lies in; empty outside of any. */
  readonly repeat: string;
  readonly children: ReadonlyMap<string, Field>;
}

/** A form as a mapping is checked against: the fields of one version. */
export interface Form {
  readonly xmlFormId: string;
  readonly version: string;
  readonly root: Field;
  readonly byPath: ReadonlyMap<string, Field>;
  /** Paths that two fields collapse to, now that their names are sanitised. */
  readonly collisions: readonly string[];
}

/** One row of `GET …/fields?odata=true`. */
export interface FieldRow {
  readonly path: string;
  readonly type: string;
  readonly selectMultiple: boolean | null;
}

/** Takes what is needed from Central's list of fields; what is no such list gives nothing. */
export const readFieldRows = (rows: unknown): FieldRow[] =>
  (Array.isArray(rows) ? rows : []).flatMap((row: unknown) =>
    isObject(row) && typeof row['path'] === 'string' && typeof row['type'] === 'string'
      ? [{ path: row['path'], type: row['type'], selectMultiple: row['selectMultiple'] === true }]
      : [],
  );

interface Draft extends Field {
  readonly children: Map<string, Field>;
}

const draft = (name: string, path: string, type: string, repeat: string, selectMultiple = false): Draft => ({
  name,
  path,
  type,
  repeat,
  selectMultiple,
  children: new Map(),
});

const systemFields = [
  'submissionDate',
  'updatedAt',
  'submitterId',
  'submitterName',
  'attachmentsPresent',
  'attachmentsExpected',
  'status',
  'reviewState',
  'deviceId',
  'edits',
  'formVersion',
  'deletedAt',
]; // prettier-ignore

/** Builds the form from Central's flat list, adding what every row has besides: `__id` and `__system`. */
export const toForm = (xmlFormId: string, version: string, rows: readonly FieldRow[]): Form => {
  const root = draft('', '', 'structure', '');
  const byPath = new Map<string, Draft>([['', root]]);
  const collisions: string[] = [];
  const add = (path: string, type: string, selectMultiple = false): void => {
    const steps = path.split('.');
    const name = steps.at(-1) as string;
    const above = byPath.get(steps.slice(0, -1).join('.'));
    if (!above) return;
    if (byPath.has(path)) {
      collisions.push(path);
      return;
    }
    const repeat = above.type === 'repeat' ? above.path : above.repeat;
    const field = draft(name, path, type, repeat, selectMultiple);
    above.children.set(name, field);
    byPath.set(path, field);
    if (type === 'repeat') add(`${path}.__id`, 'system');
  };
  for (const row of rows) add(row.path.slice(1).replaceAll('/', '.'), row.type, row.selectMultiple === true);
  add('__id', 'system');
  add('__system', 'structure');
  for (const name of systemFields) add(`__system.${name}`, 'system');
  return { xmlFormId, version, root, byPath, collisions };
};

export const isBranch = (field: Field): boolean => field.type === 'structure' || field.type === 'repeat';
