import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readNdjson } from '../../src/exchange/read/ndjson.ts';
import { type Row, readRows } from '../../src/exchange/read/rows.ts';

const collect = async (rows: AsyncIterable<readonly Row[]>): Promise<Row[]> => {
  const all: Row[] = [];
  for await (const run of rows) {
    for (const row of run) all.push('json' in row ? ({ line: row.line, json: row.json } as Row) : row);
  }
  return all;
};

describe('reading the rows of a file', () => {
  let folder: string;
  const write = (name: string, content: string | Buffer): string => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'crosswalk-rows-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('counts lines as an editor does: blank ones, carriage returns and a last line without an end included', async () => {
    const path = write('a.ndjson', '\ufeff{"a":1}\r\n\n  \n{"b":"é\\u2028"}\n{"c":3}');
    assert.deepEqual(await collect(readRows(path)), [
      { line: 1, json: { a: 1 } },
      { line: 4, json: { b: 'é\u2028' } },
      { line: 5, json: { c: 3 } },
    ]);
  });

  it('reads lines that straddle chunks', async () => {
    const wanted = Array.from({ length: 40 }, (_, i) => ({ i, text: 'ü'.repeat(30_000 + i) }));
    const path = write('b.ndjson', wanted.map((one) => JSON.stringify(one)).join('\n'));
    const rows = await collect(readRows(path));
    assert.deepEqual(
      rows.map((row) => ('json' in row ? row.json : row.reason)),
      wanted,
    );
    assert.deepEqual(rows.map(({ line }) => line).slice(-2), [39, 40]);
  });

  it('names the line that is no JSON or no UTF-8, without repeating it, and goes on', async () => {
    const path = write(
      'c.ndjson',
      Buffer.concat([Buffer.from('{"secret": oops\n'), Buffer.from([0x22, 0xff, 0x22, 10]), Buffer.from('[1]\n')]),
    );
    assert.deepEqual(await collect(readRows(path)), [
      { line: 1, reason: 'the line is not JSON' },
      { line: 2, reason: 'the line is not UTF-8' },
      { line: 3, json: [1] },
    ]);
  });

  it('passes over a line beyond the limit without holding it, wherever it stands', async () => {
    const long = JSON.stringify('x'.repeat(2_000_000));
    for (const [name, content, bad] of [
      ['d.ndjson', `1\n${long}\n3\n`, 2],
      ['e.ndjson', `1\n3\n${long}`, 3],
    ] as const) {
      const rows = await collect(readNdjson(write(name, content), 1000));
      assert.deepEqual(
        rows.filter((row) => 'reason' in row),
        [{ line: bad, reason: 'the line is longer than 1000 bytes' }],
      );
      assert.equal(rows.length, 3);
    }
  });

  it('reads CSV by its flat paths', async () => {
    const path = write(
      'f.csv',
      '\ufeffidentifier[national_id],identifier[card],name.given,name.family,birthDate,gender,telecom[phone],telecom[phone][1],' +
        'telecom[phone].use,address.city,address.line,address.line[1],address[1].text,active,location.latitude,extension.rooms,extension.code\n' +
        'KE-1,"a,""b""",Akinyi,"Od\nhiambo",1991-03-08,female,+1,+2,home,Kisumu,Plot 9,,PO Box,TRUE,-1.5,3,007\n' +
        'KE-2,,,,,,,,,,,second,,,,,\n',
    );
    assert.deepEqual(await collect(readRows(path)), [
      {
        line: 2,
        json: {
          identifier: [
            { system: 'urn:openspp:vocab:id-type#national_id', value: 'KE-1' },
            { system: 'urn:openspp:vocab:id-type#card', value: 'a,"b"' },
          ],
          name: { given: 'Akinyi', family: 'Od\nhiambo' },
          birthDate: '1991-03-08',
          gender: { coding: [{ code: 'female' }] },
          telecom: [
            { system: 'phone', value: '+1', use: 'home' },
            { system: 'phone', value: '+2' },
          ],
          address: [{ city: 'Kisumu', line: ['Plot 9'] }, { text: 'PO Box' }],
          active: true,
          location: { latitude: -1.5 },
          extension: { rooms: 3, code: '007' },
        },
      },
      {
        line: 4,
        json: {
          identifier: [{ system: 'urn:openspp:vocab:id-type#national_id', value: 'KE-2' }],
          address: [{ line: ['second'] }],
        },
      },
    ]);
  });

  it('faults the row of another width and keeps the rest', async () => {
    const path = write('g.csv', 'identifier[card],name\nA,one\nB\nC,three,more\nD,four\n');
    assert.deepEqual(
      (await collect(readRows(path))).map((row) => ('reason' in row ? `${row.line}: ${row.reason}` : row.line)),
      [2, '3: the row has 1 cells, the header 2', '4: the row has 3 cells, the header 2', 5],
    );
  });

  for (const heading of ['identifier', 'a b', 'name[0]', 'address[x].city', 'extension.__proto__', '__proto__', '']) {
    it(`refuses the heading "${heading}"`, async () => {
      const path = write('h.csv', `identifier[card],${heading}\n1,2\n`);
      await assert.rejects(collect(readRows(path)), /headings of no known path/);
    });
  }

  it('fails for a file that is not there', async () => {
    await assert.rejects(collect(readRows(join(folder, 'none.ndjson'))), /ENOENT/);
    await assert.rejects(collect(readRows(join(folder, 'none.csv'))), /ENOENT/);
  });
});
