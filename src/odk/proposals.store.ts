import type { Proposal } from '../registry/index.ts';
import { anyOf, insertRows, listOf, type Reader, rowsOf, type Tx } from '../storage/index.ts';
import type { Place } from './submissions.store.ts';

/** Values that a submission brought for a registrant, and that somebody else's values stand in the way of. */
export interface ProposalsOf {
  readonly registrant: string;
  readonly instanceId: string;
  readonly proposals: readonly Proposal[];
}

/** Puts the open proposals of registrants in the place of earlier ones. */
export const replaceProposals = async (
  tx: Tx,
  { source, formKey }: Place,
  list: readonly ProposalsOf[],
  now: string,
): Promise<void> => {
  if (list.length === 0) return;
  const registrants = list.map(({ registrant }) => registrant);
  await rowsOf(tx, `delete from odk_proposals where ${anyOf(tx.profile, 'registrant')}`, [
    listOf(tx.profile, registrants),
  ]);
  await insertRows(
    tx,
    'odk_proposals',
    ['registrant', 'path', 'source', 'form_key', 'instance_id', 'writer', 'proposed', 'at'],
    list.flatMap(({ registrant, instanceId, proposals }) =>
      proposals.map(({ path, writer, proposed }) => [
        registrant,
        path,
        source,
        formKey,
        instanceId,
        writer,
        JSON.stringify(proposed),
        now,
      ]),
    ),
  );
};

/** An open proposal, without the value: who looks may see whose field it is, and where to look. */
export interface OpenProposal {
  readonly registrant: string;
  readonly path: string;
  readonly instanceId: string;
  readonly writer: string;
  readonly at: string;
}

export const readProposals = async (
  reader: Reader,
  { source, formKey }: Place,
  limit: number,
): Promise<readonly OpenProposal[]> =>
  await rowsOf<OpenProposal>(
    reader,
    `select registrant, path, instance_id as "instanceId", writer, at from odk_proposals
     where source = ? and form_key = ? order by at, registrant, path limit ?`,
    [source, formKey, limit],
  );
