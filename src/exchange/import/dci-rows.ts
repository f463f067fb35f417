import { isFault } from '../../core/fault.ts';
import { fromRecord } from '../../dci/registries/all.ts';
import type { ReadRecord, RegistryName } from '../../dci/registries/registry.ts';
import { SYSTEM_ID, toIdentifierType } from '../../registry/index.ts';
import type { Draft } from '../../registry/model.ts';
import { findUnstorable } from '../../registry/resource/index.ts';
import type { IncomingLine, IncomingMember, IncomingRecord } from './incoming.ts';
import { failed, type Outcome, toReason } from './outcome.ts';

/** A record that names its subject by our own id brings that id, not an identifier of a type of its own. */
const toIncoming = (draft: Draft): IncomingRecord => {
  const own = draft.identifiers.find(({ type }) => toIdentifierType(type) === SYSTEM_ID);
  const identifiers = draft.identifiers.filter(({ type }) => toIdentifierType(type) !== SYSTEM_ID);
  return {
    draft: { ...draft, identifiers },
    saysActive: false,
    ...(own ? { systemId: own.value.toLowerCase() } : {}),
  };
};

const toLine = (line: number, { draft, members = [], enrolments }: ReadRecord): IncomingLine => {
  if (draft.kind === 'individual') return { line, people: [{ ...toIncoming(draft), enrolments }] };
  return {
    line,
    people: members.map((member) => toIncoming(member.draft)),
    group: {
      ...toIncoming(draft),
      enrolments,
      members: members.map(({ roles }, person): IncomingMember => ({ whom: { person }, roles })),
    },
  };
};

/** Turns a record of a DCI registry (dci.md §9.3, §9.4) into what it brings: a group brings its members too. */
export const fromDciRow = (line: number, json: unknown, registry: RegistryName): IncomingLine | Outcome => {
  const unstorable = findUnstorable(json);
  if (unstorable.length > 0) return failed(line, toReason(unstorable));
  try {
    return toLine(line, fromRecord(registry, json));
  } catch (error) {
    if (isFault(error)) return failed(line, error.message);
    throw error;
  }
};
