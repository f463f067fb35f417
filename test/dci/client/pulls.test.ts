import assert from 'node:assert/strict';
import { sleep } from '../../../src/core/async.ts';
import type { SearchQuestion } from '../../../src/dci/client/ask-search.ts';
import type { PullSettings } from '../../../src/dci/client/pulls.store.ts';
import { toRecord } from '../../../src/dci/registries/all.ts';
import { type Group, type Individual, readFeed } from '../../../src/registry/index.ts';
import { describeStore } from '../../support/stores.ts';
import { child } from '../inbox/teller.ts';
import { found, type Heard } from './fake-registry.ts';
import { type Asking, CIVIL, startAsking } from './support.ts';

const births: SearchQuestion = {
  registry: 'crvs',
  queryType: 'predicate',
  query: [{ seq_num: 1, expression1: { attribute_name: 'birth_date', operator: 'ge', attribute_value: '2026-01-01' } }],
};

describeStore('taking in what another registry answers', ({ url }) => {
  let asking: Asking;
  before(async () => {
    asking = await startAsking(url(), { source: true });
  });
  after(() => asking.close());

  const holderOf = async (type: string, value: string): Promise<Individual | Group | undefined> => {
    const { registry } = asking.ground;
    const [holder] = await registry.holders([{ type, value }]);
    return holder && (await registry.load([holder.id])).get(holder.id);
  };
  /** The enrolments that the feed tells of: programme, state and who says so. */
  const programmesOf = async (brn: string): Promise<readonly string[]> => {
    const person = await holderOf('BRN', brn);
    const rows = await asking.ground.db.read((reader) => readFeed(reader, 0, 100_000));
    return rows
      .filter(({ type, subject }) => type === 'enrolment.added' && subject === person?.id)
      .map(({ source, detail }) => `${detail['programme']} ${detail['status']} ${source}`)
      .sort();
  };
  /** A registry of these records, page by page. */
  const serve = (records: readonly object[], total: number | undefined = records.length) =>
    asking.other.answer((heard: Heard) => {
      const { page_size: size, page_number: number } =
        heard.envelope.message.search_request[0].search_criteria.pagination;
      const page = records.slice(size * (number - 1), size * number);
      const pagination =
        total === undefined ? {} : { pagination: { page_size: size, page_number: number, total_count: total } };
      return { body: asking.other.onSearch(heard, [found(page, pagination)]) };
    });

  it('walks all pages once, and finds nothing new the second time', async () => {
    serve([1, 2, 3, 4, 5].map((n) => child(`P-${n}`)));
    const options = { pageSize: 2, programme: 'CASH-1' };
    const first = await asking.pull(CIVIL, births, options);
    assert.deepEqual([first.pages, first.records, first.created, first.failed], [3, 5, 5, 0]);
    const second = await asking.pull(CIVIL, births, options);
    assert.deepEqual([second.created, second.updated, second.unchanged], [0, 0, 5]);
    const person = await holderOf('BRN', 'P-5');
    assert.deepEqual(person?.provenance, { '*': `dci:${CIVIL}` });
    assert.deepEqual(await programmesOf('P-5'), ['CASH-1 enrolled dci:crvs.example.org']);
  });

  it('keeps the programmes that a person is in already', async () => {
    serve([child('P-1')]);
    await asking.pull(CIVIL, births, { programme: 'CASH-2' });
    const both = ['CASH-1 enrolled dci:crvs.example.org', 'CASH-2 enrolled dci:crvs.example.org'];
    assert.deepEqual(await programmesOf('P-1'), both);
    const person = (await holderOf('BRN', 'P-1')) as Individual;
    const { programme_identifier: shown } = toRecord('ibr', person, { kin: [], today: '2026-06-01' });
    assert.deepEqual(shown, [{ programme_identifier: 'CASH-1' }, { programme_identifier: 'CASH-2' }]);
  });

  it('does not put back who left the programme since', async () => {
    const { db, programmes } = asking.ground;
    const person = (await holderOf('BRN', 'P-1')) as Individual;
    const programmeId = (await programmes.find(['CASH-2'])).get('CASH-2')?.id ?? '';
    const request = { registrantId: person.id, programmeId, status: 'exited' } as const;
    await db.write((tx) => programmes.enrol(tx, [request], 'user:1'));
    serve([child('P-1')]);
    assert.equal((await asking.pull(CIVIL, births, { programme: 'CASH-2' })).unchanged, 1);
    const states = (await programmes.enrolmentsOf([person.id])).map(({ status }) => status);
    assert.deepEqual(states.sort(), ['enrolled', 'exited']);
  });

  it('comes to an end with a registry that counts nothing, and with one that knows no pages', async () => {
    serve(
      [1, 2, 3, 4].map((n) => child(`Q-${n}`)),
      undefined,
    );
    assert.equal((await asking.pull(CIVIL, births, { pageSize: 2 })).records, 4);
    asking.other.answer((heard) => ({ body: asking.other.onSearch(heard, [found([child('Q-5'), child('Q-6')])]) }));
    assert.equal((await asking.pull(CIVIL, births, { pageSize: 2 })).created, 2);
  });

  it('says by number and reason which records cannot go in, without their content', async () => {
    serve([child('R-1'), { sex: 'female' }]);
    const { created, failed, errors } = await asking.pull(CIVIL, births);
    assert.deepEqual([created, failed, errors[0]?.line], [1, 1, 2]);
    assert.match(errors[0]?.reason ?? '', /neither identifier nor name/);
  });

  it('ends with the words of a registry that refuses the question', async () => {
    const refused = {
      reference_id: '1',
      timestamp: '2026-06-01T00:00:00Z',
      status: 'rjct',
      status_reason_code: 'rjct.filter.invalid',
    };
    asking.other.answer((heard) => ({ body: asking.other.onSearch(heard, [refused]) }));
    await assert.rejects(asking.pull(CIVIL, births), /rjct\.filter\.invalid/);
  });

  const settings: PullSettings = { question: births, everySeconds: 3600, sinceAttribute: 'last_updated' };
  const askedSince = (): unknown =>
    asking.other.heard.at(-1)?.envelope.message.search_request[0].search_criteria.query[1]?.expression1.attribute_value;

  it('asks in a rhythm: first for all, then for what has changed since, from where it came to its end', async () => {
    serve([child('S-1')]);
    const before = asking.other.heard.length;
    await asking.pulls.add('births', CIVIL, settings);
    for (let tries = 0; asking.other.heard.length === before && tries < 50; tries += 1) await sleep(100);
    assert.equal(askedSince(), undefined);
    for (let tries = 0; (await asking.pulls.list())[0]?.cursor === undefined && tries < 50; tries += 1)
      await sleep(100);
    const [standing] = await asking.pulls.list();
    assert.deepEqual([standing?.report?.created, standing?.error], [1, undefined]);
    assert.ok((standing?.due ?? 0) > Date.now() + 3_000_000);

    await asking.pulls.run('births');
    assert.equal(askedSince(), standing?.cursor);
    assert.ok(await holderOf('BRN', 'S-1'));
  });

  it('runs on one process at a time', async () => {
    let asked = 0;
    asking.other.answer(async (heard) => {
      asked += 1;
      await sleep(200);
      return { body: asking.other.onSearch(heard, [found([])]) };
    });
    const outcomes = await Promise.allSettled([asking.pulls.run('births'), asking.pulls.run('births')]);
    assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
    assert.equal(asked, 1);
  });

  it('stays where it is when a run fails, and shows why', async () => {
    const { cursor } = (await asking.pulls.list())[0] ?? {};
    asking.other.answer(() => ({ status: 503, body: '' }));
    await assert.rejects(asking.pulls.run('births'), /status 503/);
    const [standing] = await asking.pulls.list();
    assert.equal(standing?.cursor, cursor);
    assert.match(standing?.error ?? '', /status 503/);
    await asking.pulls.remove('births');
    await assert.rejects(asking.pulls.run('births'), /there is no pull births/);
  });
});

describeStore('importing from a registry that is asked in GraphQL', ({ url }) => {
  let asking: Asking;
  before(async () => {
    asking = await startAsking(url(), { registry: 'social', lenient: true, source: true });
  });
  after(() => asking.close());

  const text = '{ getRegistrants { name regIds { idType { name } value } } totalRegistrantCount }';
  const person = {
    isGroup: false,
    regIds: [{ idType: { name: 'UIN' }, value: 'G-1' }],
    givenName: 'Fatou',
    familyName: 'Ndiaye',
    gender: 'Female',
    birthDate: '1990-01-02',
    phoneNumberIds: [{ phoneNo: '+221771234567' }],
  };

  it('injects what is asked for, and takes in people with identifiers, name, birth and phone', async () => {
    asking.other.answer((heard) => ({
      body: asking.other.onSearch(heard, [
        {
          reference_id: '1',
          status: 'succ',
          data: {
            reg_type: 'G2P:RegistryType:Individual',
            reg_records: { getRegistrants: [person], totalRegistrantCount: 1 },
          },
        },
      ]),
    }));
    const question: SearchQuestion = {
      registry: 'social',
      queryType: 'graphql',
      query: text,
      regType: 'G2P:RegistryType:Individual',
    };
    await asking.pulls.add('people', CIVIL, {
      question,
      everySeconds: 3600,
      sinceAttribute: 'last_updated',
      programme: 'CASH-1',
    });
    const { registry } = asking.ground;
    const find = async () => (await registry.holders([{ type: 'UIN', value: 'G-1' }]))[0];
    for (let tries = 0; !(await find()) && tries < 50; tries += 1) await sleep(100);
    const [holder] = await registry.holders([{ type: 'UIN', value: 'G-1' }]);
    const one = (await registry.load([holder?.id as string])).get(holder?.id as string) as Individual;
    assert.deepEqual([one.name, one.sex, one.birthDate], [{ given: 'Fatou', family: 'Ndiaye' }, '2', '1990-01-02']);
    assert.equal(one.telecom?.[0]?.value, '+221771234567');
    const [item] = asking.other.heard.at(-1)?.envelope.message.search_request ?? [];
    assert.equal(item.search_criteria.reg_type, 'G2P:RegistryType:Individual');
    assert.match(item.search_criteria.query, /getRegistrants\(isGroup: false\)/);
  });

  it('takes in groups with their members', async () => {
    const group = {
      isGroup: true,
      name: 'Ndiaye household',
      regIds: [{ idType: { name: 'HOUSEHOLD_ID' }, value: 'H-1' }],
      groupMembershipIds: [{ individual: person, kind: [{ name: 'Head' }] }],
    };
    asking.other.answer((heard) => ({
      body: asking.other.onSearch(heard, [
        { reference_id: '1', status: 'succ', data: { reg_records: [{ getRegistrants: [group] }] } },
      ]),
    }));
    const question: SearchQuestion = {
      registry: 'social',
      queryType: 'graphql',
      query: text,
      regType: 'G2P:RegistryType:Group',
    };
    const report = await asking.pull(CIVIL, question);
    assert.deepEqual([report.created, report.failed, report.errors], [1, 0, []]);
    const { registry } = asking.ground;
    const [holder] = await registry.holders([{ type: 'household_id', value: 'H-1' }]);
    const [kin] = (await registry.kinships([holder?.id as string])).get(holder?.id as string) ?? [];
    assert.deepEqual(kin?.membership.roles, ['head']);
    assert.ok(kin?.other.identifiers.some(({ value }) => value === 'G-1'));
  });
});
