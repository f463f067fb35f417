import assert from 'node:assert/strict';
import * as validators from '#validators';
import { fromRecord } from '../../../src/dci/registries/all.ts';
import { readFeed } from '../../../src/registry/index.ts';
import { put } from '../../registry/support.ts';
import { describeStore } from '../../support/stores.ts';
import { type Envelope, signString, type TestPeer } from '../peer.ts';
import { type Published, publishedAnswer, publishedSchema } from '../reference.ts';
import { examples, member } from '../registries/examples.ts';
import { type Answer, type DciServer, startDciServer } from '../server.ts';
import { assertFits } from '../shapes.ts';

const exampleOf = (registry: string): Record<string, unknown> =>
  examples.find(([name]) => name === registry)?.[2] as Record<string, unknown>;
const disabledRecord = exampleOf('dr');
const beneficiaryRecord = { ...exampleOf('ibr'), member: member('IBRPerson', 'BENE-1') };

describeStore('the convenience calls', ({ database }) => {
  let server: DciServer;
  let peer: TestPeer;
  let token: string;

  before(async () => {
    server = await startDciServer({ db: database() });
    ({ peer, token } = await server.addPeer('spmis.example.org'));
    const person = (uin: string, disability?: object) => ({
      kind: 'individual' as const,
      active: true,
      identifiers: [{ type: 'national_id', value: uin }],
      name: { given: 'Awa', family: 'Diallo' },
      ...(disability ? { sections: { disability: disability as never } } : {}),
    });
    await put(
      database(),
      server.registry,
      fromRecord('dr', disabledRecord).draft,
      person('PENDING', { disability_status: 'Pending', disability_details: [{ impairment_type: '1' }] }),
      person('ASSESSED', { disability_details: [{ impairment_type: '1' }] }),
      person('WELL'),
      { ...person('AWAY', { disability_status: 'Approved' }), active: false },
      fromRecord('ibr', beneficiaryRecord).draft,
    );
  });
  after(() => server.stop());

  const envelope = (who: TestPeer, message: object, more: Record<string, unknown> = {}): Envelope => {
    const { header } = who.search({});
    return signString(who, { header: { ...header, ...more }, message: { transaction_id: 'txn-5', ...message } });
  };
  const disabled = (call: string, query: unknown, who = peer, whose = token): Promise<Answer> =>
    server.post(
      `/dr/registry/sync/${call}`,
      envelope(who, { disabled_criteria: { query_type: 'expression', query } }),
      whose,
    );
  const enrolled = (criteria: object, path = '/ibr/registry/sync/enrolled'): Promise<Answer> =>
    server.post(path, envelope(peer, { enrolled_criteria: { query_type: 'expression', ...criteria } }), token);
  const byUin = (value: string) => ({ 'member.member_identifier': { eq: value } });

  const published = (answer: Answer, schema: Published | undefined): void => {
    if (schema) assertFits(schema, answer.json, 'the published');
  };

  describe('sync/disabled', () => {
    // biome-ignore lint/suspicious/noExplicitAny: tests look into it freely
    const verdict = async (query: unknown): Promise<any> => {
      const answer = await disabled('disabled', query);
      assert.equal(answer.status, 200, answer.text);
      assertFits(validators.emitDisabled as Published, answer.json, 'our');
      published(answer, publishedAnswer('dr', '/registry/sync/disabled'));
      return answer.json;
    };

    it('says yes for whom an assessment approved, or found an impairment, and no for everybody else', async () => {
      const wanted = { '847951632': 'yes', ASSESSED: 'yes', PENDING: 'no', WELL: 'no', AWAY: 'no', NOBODY: 'no' };
      for (const [uin, status] of Object.entries(wanted)) {
        const json = await verdict(byUin(uin));
        assert.equal(json.header.action, 'on-search');
        assert.equal(json.header.status, 'succ');
        assert.equal(json.message.transaction_id, 'txn-5');
        const [item] = json.message.disabled_response;
        assert.deepEqual([uin, item.status, item.disabled_status], [uin, 'succ', status]);
      }
    });

    it('refuses what it cannot read, or what means several people, and says why', async () => {
      const several = await verdict({ surname: { eq: 'Diallo' } });
      assert.match(several.message.disabled_response[0].status_reason_message, /several/);
      const unknown = await verdict({ shoe_size: { eq: 44 } });
      assert.equal(unknown.header.status, 'rjct');
      assert.equal(unknown.message.disabled_response[0].status, 'rjct');
      assert.equal(unknown.message.disabled_response[0].disabled_status, 'no');
    });

    it('is of the disability registry alone, and there on neutral paths too', async () => {
      const neutral = await server.post(
        '/registry/sync/disabled',
        envelope(peer, { disabled_criteria: { query: byUin('847951632') } }),
        token,
      );
      assert.equal(neutral.json.message.disabled_response[0].disabled_status, 'yes');
      const elsewhere = await server.post('/fr/registry/sync/disabled', envelope(peer, {}), token);
      assert.equal(elsewhere.status, 404);
    });
  });

  describe('sync/get-disability-details and -support', () => {
    it('answer these parts of the records alone', async () => {
      const details = await disabled('get-disability-details', byUin('847951632'));
      assertFits(validators.emitOnSearch as Published, details.json, 'our');
      published(details, publishedAnswer('dr', '/registry/sync/get-disability-details'));
      const { disability_details, disability_support } = disabledRecord as Record<string, unknown[]>;
      assert.deepEqual(details.json.message.search_response[0].data.reg_records, [{ disability_details }]);

      const support = await disabled('get-disability-support', byUin('847951632'));
      assertFits(validators.emitOnSearch as Published, support.json, 'our');
      published(support, publishedAnswer('dr', '/registry/sync/get-disability-support'));
      assert.deepEqual(support.json.message.search_response[0].data.reg_records, [disability_support]);
    });

    it('find nobody with success and an empty list', async () => {
      const answer = await disabled('get-disability-details', byUin('NOBODY'));
      assert.equal(answer.json.header.status, 'succ');
      assert.deepEqual(answer.json.message.search_response[0].data.reg_records, []);
    });

    it('tell a peer nothing that its policy hides', async () => {
      const { peer: other, token: others } = await server.addPeer('names.example.org', {
        policy: {
          registries: {
            dr: { operations: ['search'], attributes: ['identifier'], fields: ['name', 'disability_support'] },
          },
        },
      });
      for (const call of ['disabled', 'get-disability-details']) {
        const { json } = await disabled(call, byUin('847951632'), other, others);
        const [item] = json.message.disabled_response ?? json.message.search_response;
        assert.equal(item.status, 'rjct');
        assert.match(item.status_reason_message, /policy.*disability_/);
      }
      const { json } = await disabled('get-disability-support', byUin('847951632'), other, others);
      assert.equal(json.message.search_response[0].data.reg_records.length, 1);
    });
  });

  describe('sync/enrolled', () => {
    const assertShape = (answer: Answer): void => {
      assert.equal(answer.status, 200, answer.text);
      assertFits(validators.emitEnrolled as Published, answer.json, 'our');
      const schema = publishedSchema('ibr', 'EnrolledResponse');
      if (schema) assertFits(schema, answer.json.message, 'the published');
      const { ack_status, timestamp, correlation_id } = answer.json.message;
      assert.ok(validators.emitAck({ message: { ack_status, timestamp, correlation_id } }));
    };

    it('is an Ack and an answer in one, with yes and no', async () => {
      const cases: readonly (readonly [object, string])[] = [
        [{ query: { person_identifier: { eq: 'BENE-1' } } }, 'yes'],
        [{ query: { attribute_name: 'person_identifier', operator: 'eq', attribute_value: 'BENE-1' } }, 'yes'],
        [{ query: { person_identifier: { eq: 'WELL' } } }, 'no'],
        [{ query: { person_identifier: { eq: 'NOBODY' } }, response_entity: 'Group' }, 'no'],
        [
          {
            query: {
              person_identifier: { eq: 'BENE-1' },
              'programme_identifier.program.programme_identifier': { eq: 'X' },
            },
          },
          'no',
        ],
      ];
      for (const [criteria, status] of cases) {
        const answer = await enrolled(criteria);
        assertShape(answer);
        assert.equal(answer.json.message.enrolled_response[0].enrolled_status, status, JSON.stringify(criteria));
      }
      assertShape(await enrolled({ query: { surname: 1, nonsense: 2 } }, '/ibr/sync/enrolled'));
    });
  });

  describe('sync/enrollment/updates', () => {
    const update = (beneficiaries: unknown, more = {}): Promise<Answer> => {
      const { header } = peer.search({}, { action: 'notify', status: 'succ', ...more });
      const message = { transaction_id: 'txn-6', enrolled_updates: { beneficiaries } };
      return server.post('/ibr/registry/sync/enrollment/updates', signString(peer, { header, message }), token);
    };
    const beneficiary = (uin: string, status: string) => ({
      assistance_unit: '1',
      member: {
        member_identifier: [{ identifier_type: 'UIN', identifier_value: uin }],
        demographic_info: { name: { surname: 'Ndiaye', given_name: 'Fatou' } },
      },
      programme_identifier: [{ programme_identifier: 'P-1', programme_name: 'Cash' }],
      enrollment_date: '2026-01-01T00:00:00Z',
      enrollment_status: status,
    });
    const isEnrolled = async (uin: string, programme = 'P-1'): Promise<string> => {
      const query = { person_identifier: { eq: uin }, 'programme_identifier.programme_identifier': { eq: programme } };
      return (await enrolled({ query })).json.message.enrolled_response[0].enrolled_status;
    };

    it('takes beneficiaries in and changes them; each is answered for itself', async () => {
      assert.equal(await isEnrolled('NEW-1'), 'no');
      const first = await update([beneficiary('NEW-1', '1'), { programme_identifier: [] }, beneficiary('NEW-2', '2')]);
      assert.equal(first.status, 200, first.text);
      assertFits(validators.emitEnrolled as Published, first.json, 'our');
      const schema = publishedSchema('ibr', 'EnrollmentUpdatesResponse');
      if (schema) assertFits(schema, first.json.message, 'the published');
      assert.deepEqual(
        first.json.message.enrolled_response.map((item: Record<string, unknown>) => [
          item['reference_id'],
          item['status'],
          item['enrolled_status'],
        ]),
        [
          ['1', 'succ', 'yes'],
          ['2', 'rjct', 'no'],
          ['3', 'succ', 'no'],
        ],
      );
      assert.equal(await isEnrolled('NEW-1'), 'yes');
      const graduated = await update([beneficiary('NEW-1', '3')]);
      assert.equal(graduated.json.message.enrolled_response[0].enrolled_status, 'no');
      assert.equal(await isEnrolled('NEW-1'), 'no');
    });

    it('keeps them as enrolments, which are told with the record and not once more', async () => {
      const { db, registry } = server.deps;
      const states = async () => {
        const [holder] = await registry.holders([{ type: 'UIN', value: 'KEPT' }]);
        const [one] = await server.programmes.enrolmentsOf([holder?.id ?? '']);
        return [one?.status, one?.enrolledOn, one?.exitReason];
      };
      await update([beneficiary('KEPT', '1')]);
      assert.deepEqual(await states(), ['enrolled', '2026-01-01', undefined]);
      await update([beneficiary('KEPT', '3')]);
      assert.deepEqual(await states(), ['exited', '2026-01-01', 'graduated']);
      const [holder] = await registry.holders([{ type: 'UIN', value: 'KEPT' }]);
      const rows = (await db.read((reader) => readFeed(reader, 0, 10_000))).filter(
        ({ subject }) => subject === holder?.id,
      );
      assert.deepEqual(
        rows.map(({ type, detail }) => [type, detail['told']]),
        [
          ['registrant.registered', undefined],
          ['enrolment.added', true],
          ['registrant.updated', undefined],
          ['enrolment.changed', true],
        ],
      );
    });

    it('changes nothing twice under one message id', async () => {
      const id = { message_id: 'updates-once' };
      assert.equal((await update([beneficiary('ONCE', '1')], id)).json.header.status, 'succ');
      const again = await update([beneficiary('ONCE', '3')], id);
      assert.equal(again.json.header.status_reason_code, 'rjct.message_id.duplicate');
      assert.equal(await isEnrolled('ONCE'), 'yes');
    });

    it('is kept from a peer whose policy does not name it', async () => {
      const { peer: reader, token: readers } = await server.addPeer('reader.example.org', {
        policy: { registries: { ibr: { operations: ['search'], attributes: ['*'], fields: ['*'] } } },
      });
      const { header } = reader.search({}, { action: 'notify', status: 'succ' });
      const message = { transaction_id: 'txn-7', enrolled_updates: { beneficiaries: [beneficiary('STOLEN', '1')] } };
      const answer = await server.post(
        '/ibr/sync/enrollment/updates',
        signString(reader, { header, message }),
        readers,
      );
      assert.equal(answer.status, 403);
      assert.equal(await isEnrolled('STOLEN'), 'no');
    });

    it('answers an empty list with an empty list', async () => {
      const answer = await update([]);
      assert.deepEqual([answer.json.header.status, answer.json.message.enrolled_response], ['succ', []]);
      assert.equal((await update(undefined)).json.header.status, 'succ');
    });
  });
});
