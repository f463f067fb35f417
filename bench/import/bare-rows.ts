import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

/** The rows of a few hundred people, as the tables hold them. */
export interface BareRows {
  readonly registrants: unknown[][];
  readonly identifiers: unknown[][];
  readonly values: unknown[][];
  readonly feed: unknown[][];
}

export const tables = {
  registrants:
    'seq,id,kind,active,version,created_at,updated_at,member_count,document,name,given_name,surname,birth_date,sex,registration_date',
  identifiers: 'value,type,registrant,end_date',
  values: 'attribute,value,registrant',
  feed: 'position,type,subject,kind,version,at,source,detail,before',
} as const;

interface Person {
  readonly identifier: readonly { readonly system: string; readonly value: string }[];
  readonly name: { readonly family: string; readonly given: string };
  readonly birthDate: string;
  readonly birthDateEstimated: boolean;
  readonly gender: { readonly coding: readonly [{ readonly code: string }] };
  readonly telecom?: readonly { readonly value: string }[];
  readonly address: readonly [
    { readonly line: readonly [string]; readonly city: string; readonly state: string; readonly country: string },
  ];
  readonly registrationDate: string;
}

const fold = (text: string): string => text.normalize('NFC').toLowerCase();

/**
 * What a program would do that trusts its file: parse each line, lay it out as the tables want it, check nothing,
 * look nobody up. Only for files that `sample` made. Writes the same rows as the import does.
 */
export const readBareRows = async function* (path: string, size: number): AsyncGenerator<BareRows> {
  const empty = (): BareRows => ({ registrants: [], identifiers: [], values: [], feed: [] });
  let rows = empty();
  let seq = 0;
  for await (const line of createInterface({ input: createReadStream(path, { highWaterMark: 512 * 1024 }) })) {
    const person = JSON.parse(line) as Person;
    seq += 1;
    const id = randomUUID();
    const now = new Date().toISOString();
    const { family, given } = person.name;
    const [address] = person.address;
    const sex = person.gender.coding[0].code;
    const identifiers = person.identifier.map(({ system, value }) => ({
      type: system.slice(system.indexOf('#') + 1),
      value,
    }));
    const document = JSON.stringify({
      identifiers,
      ...(person.telecom ? { telecom: person.telecom } : {}),
      addresses: [
        { type: 'physical', city: address.city, state: address.state, country: address.country, lines: address.line },
      ],
      registrationDate: person.registrationDate,
      name: { family, given },
      birthDate: person.birthDate,
      birthDateEstimated: person.birthDateEstimated,
      sex,
      provenance: { '*': 'import' },
    });
    const name = fold(`${given} ${family}`);
    rows.registrants.push([
      ...[
        seq,
        id,
        'individual',
        1,
        1,
        now,
        now,
        null,
        document,
        name,
        fold(given),
        fold(family),
        person.birthDate,
        sex,
      ],
      `${person.registrationDate}t00:00:00.000z`,
    ]);
    for (const { type, value } of identifiers) rows.identifiers.push([value, type, seq, null]);
    const city = fold(address.city);
    const state = fold(address.state);
    for (const text of new Set([fold(address.line[0]), city, state])) rows.values.push(['address', text, seq]);
    rows.values.push(
      ['birth_date_estimated', person.birthDateEstimated ? 'bff0000000000000' : '8000000000000000', seq],
      ['country_code', fold(address.country), seq],
      ['locality', city, seq],
      ['state', state, seq],
    );
    if (person.telecom) rows.values.push(['phone_number', person.telecom[0]?.value, seq]);
    rows.feed.push([seq, 'registrant.registered', id, 'individual', 1, now, 'import', '{}', null]);
    if (rows.registrants.length < size) continue;
    yield rows;
    rows = empty();
  }
  if (rows.registrants.length > 0) yield rows;
};
