import type { Ground } from '../app.ts';
import type { DemoHousehold } from './odk-steps.ts';
import type { DemoPeer } from './peer.ts';
import { expect, type Steps } from './steps.ts';

interface SearchAnswer {
  readonly header: { readonly status: string };
  readonly message: {
    readonly search_response: readonly {
      readonly status: string;
      readonly data?: { readonly reg_records: readonly Record<string, unknown>[] };
      readonly pagination?: { readonly total_count: number };
    }[];
  };
}

/** The other registry's side: a signed question, and an answer that an outsider's code verifies. */
export const askAsPeer = async (
  steps: Steps,
  ground: Ground,
  url: string,
  peer: DemoPeer,
  wanted: DemoHousehold,
): Promise<void> => {
  const token = await steps.step('Register a DCI peer', async (say) => {
    const made = await ground.peers.add(peer.senderId, { keys: [peer.publicJwk as never] });
    say(`${peer.senderId} may now send messages signed with its key ${peer.publicJwk.kid}.`);
    return made.token;
  });

  const post = async (body: string): Promise<{ status: number; text: string }> => {
    const response = await fetch(`${url}/social/registry/sync/search`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body,
    });
    return { status: response.status, text: await response.text() };
  };
  const search = async (criteria: object) => {
    const { status, text } = await post(peer.search(criteria as never));
    expect(status === 200, `the search was answered with status ${status}: ${text.slice(0, 300)}`);
    const jwks = (await (await fetch(`${url}/.well-known/jwks.json`)).json()) as never;
    const problem = peer.problemWith(text, jwks);
    expect(problem === undefined, problem ?? '');
    const answer = (JSON.parse(text) as SearchAnswer).message.search_response[0];
    expect(answer?.status === 'succ', `the search was rejected: ${text.slice(0, 300)}`);
    return { records: answer?.data?.reg_records ?? [], total: answer?.pagination?.total_count ?? 0 };
  };

  await steps.step('Search a person from the field by national id, with a signed message', async (say) => {
    const { records } = await search({
      reg_record_type: 'Member',
      query_type: 'idtype-value',
      query: { type: 'UIN', value: wanted.nationalId },
    });
    expect(records.length === 1, `found ${records.length} people`);
    const person = records[0]?.['demographic_info'] as {
      name?: { given_name?: string; surname?: string };
      birth_date?: string;
    };
    say(`Found ${person.name?.given_name} ${person.name?.surname}, born ${person.birth_date?.slice(0, 10)}.`);
    say(`The answer’s signature verifies with the key published at ${url}/.well-known/jwks.json.`);
  });

  await steps.step('Search a household from the field by its card', async (say) => {
    const { records } = await search({
      reg_record_type: 'Group',
      query_type: 'idtype-value',
      query: { type: 'card', value: wanted.card },
    });
    expect(records.length === 1, `found ${records.length} households`);
    const { group_size, member_list } = records[0] as { group_size?: number; member_list?: readonly unknown[] };
    say(`Found one household of ${group_size}; the answer lists ${member_list?.length ?? 0} of them.`);
  });

  await steps.step('Search households with a condition', async (say) => {
    const { records, total } = await search({
      reg_record_type: 'Group',
      query_type: 'predicate',
      query: [{ seq_num: 1, expression1: { attribute_name: 'group_size', operator: 'ge', attribute_value: '4' } }],
      pagination: { page_size: 3, page_number: 1 },
    });
    expect(total > 0 && records.length > 0, 'no household has four members');
    say(`${total} households have four members or more; the first page holds ${records.length}.`);
  });

  await steps.step('A message that was altered on its way is refused', async (say) => {
    const message = peer.search({
      reg_record_type: 'Member',
      query_type: 'idtype-value',
      query: { type: 'UIN', value: 'A' },
    });
    const { status, text } = await post(message.replace('"value":"A"', '"value":"B"'));
    expect(status === 401 && text.includes('err.signature.invalid'), `it was answered with status ${status}`);
    say('401 err.signature.invalid');
  });
};
