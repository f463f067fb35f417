import { anyOf, listOf, preparedRowsOf, type Reader } from '../storage/index.ts';
import type { Draft, Kind, Registrant } from './model.ts';

/** The columns of `registrants` that make a registrant; the others are for searching. */
export const columns = 'seq,id,kind,active,version,created_at,updated_at,member_count,document';

export interface RegistrantRow {
  readonly seq: number;
  readonly id: string;
  readonly kind: Kind;
  readonly active: number;
  readonly version: number;
  readonly created_at: string;
  readonly updated_at: string;
  readonly member_count: number | null;
  readonly document: string;
}

/** The registrant of a row. The document is parsed once, and what stands in columns is laid over it. */
export const toRegistrant = (row: RegistrantRow): Registrant => {
  const registrant = JSON.parse(row.document);
  registrant.kind = row.kind;
  registrant.active = row.active === 1;
  registrant.id = row.id;
  registrant.seq = row.seq;
  registrant.version = row.version;
  registrant.createdAt = row.created_at;
  registrant.updatedAt = row.updated_at;
  if (row.kind === 'group') registrant.memberCount = row.member_count ?? 0;
  return registrant;
};

/** What the column `document` holds of a registrant: all that has no column of its own. */
export const toDocument = (registrant: Registrant): object => {
  const { kind, active, id, seq, version, createdAt, updatedAt, ...rest } = registrant;
  if (!('memberCount' in rest)) return rest;
  const { memberCount, ...document } = rest;
  return document;
};

/** The draft that a registrant was stored as. */
export const toDraft = (registrant: Registrant): Draft => {
  const { id, seq, version, createdAt, updatedAt, provenance, facts, ...rest } = registrant;
  if (rest.kind === 'group') {
    const { memberCount, ...draft } = rest;
    return draft;
  }
  return rest;
};

export const rowsByIds = async (
  reader: Reader,
  ids: readonly string[],
  options: { readonly lock?: boolean } = {},
): Promise<readonly RegistrantRow[]> => {
  if (ids.length === 0) return [];
  // Rows are locked in one order everywhere, so that two writers of the same rows do not wait for each other.
  const lock = options.lock && reader.profile.name === 'postgres' ? 'order by seq for update' : '';
  return await preparedRowsOf<RegistrantRow>(
    reader,
    `select ${columns} from registrants where ${anyOf(reader.profile, 'id')} ${lock}`,
    [listOf(reader.profile, [...new Set(ids)])],
  );
};

export const rowsBySeqs = async (reader: Reader, seqs: readonly number[]): Promise<readonly RegistrantRow[]> => {
  if (seqs.length === 0) return [];
  return await preparedRowsOf<RegistrantRow>(
    reader,
    `select ${columns} from registrants where ${anyOf(reader.profile, 'seq')}`,
    [listOf(reader.profile, seqs)],
  );
};
