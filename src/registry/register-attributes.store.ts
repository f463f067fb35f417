import type { Clock } from '../core/clock.ts';
import { Fault } from '../core/fault.ts';
import { isStorableText } from '../core/text.ts';
import { insertRows, knexOf, rowsOf, type Tx, touch } from '../storage/index.ts';
import type { AttributeType } from './attributes.ts';
import { createCatalogue, openName, toAttributeType, widen } from './catalogue.ts';
import { dayOf } from './liveness.ts';
import type { Kind } from './model.ts';
import { readOpenAttributes } from './open-attributes.store.ts';
import { escapeLike } from './query/sql.ts';
import { columns, type RegistrantRow, toRegistrant } from './registrant.store.ts';
import { toValue } from './search-rows.ts';
import { valuesOf } from './values.ts';

/** The topic that `touch` marks when the catalogue changes. */
export const ATTRIBUTES_TOPIC = 'attributes';

// Any fixed number that no other lock uses.
const CATALOGUE_LOCK = 7_201_010;
const PAGE = 500;
const MAX_NAME = 100;
const MAX_ATTRIBUTES = 5000;

interface Wanted {
  readonly kind: Kind;
  readonly name: string;
  readonly type: string;
}

/**
 * Holds the catalogue still until the end of the transaction: a writer of registrants shares it, who changes it has
 * it alone. Otherwise a registrant could be saved without the value that the registration counted on finding.
 */
export const holdCatalogue = async (tx: Tx, how: 'shared' | 'alone'): Promise<void> => {
  if (!tx.profile.shared) return; // one writer at a time anyway
  await knexOf(tx).raw(`select pg_advisory_xact_lock${how === 'shared' ? '_shared' : ''}(?)`, [CATALOGUE_LOCK]);
};

/** Writes the values of a newly searchable attribute for the registrants that are there already. */
const backfill = async (tx: Tx, kind: Kind, name: string, type: AttributeType, today: string): Promise<void> => {
  const attribute = createCatalogue([{ kind, name, type }]).find(kind, openName(name));
  if (!attribute) return;
  const scoped = `attribute = ? and registrant in (select seq from registrants where kind = ?)`;
  await rowsOf(tx, `delete from registrant_values where ${scoped}`, [attribute.name, kind]);
  const pattern = `%${escapeLike(JSON.stringify(name))}%`;
  for (let after = 0; ; ) {
    const rows = await rowsOf<RegistrantRow>(
      tx,
      `select ${columns} from registrants where kind = ? and seq > ? and document like ? escape '!' order by seq limit ?`,
      [kind, after, pattern, PAGE],
    );
    const values = rows.flatMap((row) =>
      valuesOf(attribute, toRegistrant(row), today).map((key) => [attribute.name, toValue(key), row.seq]),
    );
    await insertRows(tx, 'registrant_values', ['attribute', 'value', 'registrant'], values);
    const last = rows.at(-1);
    if (!last || rows.length < PAGE) return;
    after = last.seq;
  }
};

/** The verb `registerAttributes` of the registry; see ports.ts. A name met with two types gets one that holds both. */
export const registerOpenAttributes = async (tx: Tx, wanted: readonly Wanted[], clock: Clock): Promise<void> => {
  const find = async (): Promise<Map<string, { kind: Kind; name: string; type: AttributeType }>> => {
    const changed = new Map<string, { kind: Kind; name: string; type: AttributeType }>();
    const known = new Map((await readOpenAttributes(tx)).map((one) => [`${one.kind} ${one.name}`, one]));
    for (const { kind, name, type: word } of wanted) {
      const type = toAttributeType(word);
      if (!type)
        throw new Fault('record.invalid', `no attribute can be of type ${JSON.stringify(word)}`, { path: name });
      if (name.trim() === '' || name.length > MAX_NAME || !isStorableText(name)) {
        throw new Fault('record.invalid', `an attribute needs a name of at most ${MAX_NAME} characters`);
      }
      const key = `${kind} ${name}`;
      const before = (changed.get(key) ?? known.get(key))?.type;
      const after = before === undefined ? type : widen(before, type);
      if (after !== before) changed.set(key, { kind, name, type: after });
    }
    if (changed.size > 0 && known.size + changed.size > MAX_ATTRIBUTES) {
      throw new Fault('record.invalid', `at most ${MAX_ATTRIBUTES} attributes can be searchable`);
    }
    return changed;
  };
  if ((await find()).size === 0) return;
  await holdCatalogue(tx, 'alone');
  const changed = [...(await find()).values()];
  if (changed.length === 0) return;
  await insertRows(
    tx,
    'open_attributes',
    ['kind', 'name', 'type'],
    changed.map(({ kind, name, type }) => [kind, name, type]),
    'on conflict (kind, name) do update set type = excluded.type',
  );
  for (const { kind, name, type } of changed) await backfill(tx, kind, name, type, dayOf(clock()));
  await touch(tx, ATTRIBUTES_TOPIC);
};
