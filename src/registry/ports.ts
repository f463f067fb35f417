import type { Reader, Tx } from '../storage/index.ts';
import type { Catalogue } from './attributes.ts';
import type { NewChange } from './feed.ts';
import type { Draft, Facts, Identifier, Kind, Membership, Registrant, Writer } from './model.ts';
import type { Query, Sort } from './query/ast.ts';

/** One search: a question about one kind of registrant, and which part of the answer is wanted. */
export interface Search {
  readonly kind: Kind;
  readonly query: Query;
  /** In order of priority. Without it the order is that of registration: stable, new registrants come last. */
  readonly sort?: readonly Sort[];
  readonly limit: number;
  readonly offset: number;
}

export interface Found {
  readonly registrants: readonly Registrant[];
  /** All matches, whatever the page. */
  readonly total: number;
}

/** What a group's or a person's record shows of others. */
export interface Kinship {
  readonly membership: Membership;
  /** The other end: the individual for a group, the group for an individual. */
  readonly other: Registrant;
}

export interface RegistryReader {
  readonly catalogue: Catalogue;
  /** Answers many searches at once; lookups by identifier are gathered into few statements. Order is kept. */
  search(searches: readonly Search[]): Promise<readonly Found[]>;
  /** Registrants by id, in the order asked; unknown ids are absent. */
  load(ids: readonly string[], reader?: Reader): Promise<ReadonlyMap<string, Registrant>>;
  /** Holders of live identifiers, one entry per given identifier, `undefined` where nobody holds it. */
  holders(
    identifiers: readonly Pick<Identifier, 'type' | 'value'>[],
    reader?: Reader,
  ): Promise<readonly ({ readonly id: string; readonly kind: Kind } | undefined)[]>;
  /** Memberships of groups or individuals (by id), with the registrant at the other end. */
  kinships(
    ids: readonly string[],
    options?: { readonly ended?: boolean },
    reader?: Reader,
  ): Promise<ReadonlyMap<string, readonly Kinship[]>>;
  /** Every registrant of a kind in order of registration, page by page; `since` keeps those updated since then. */
  walk(kind: Kind, options?: { readonly since?: string; readonly page?: number }): AsyncIterable<readonly Registrant[]>;
}

export interface SaveRequest {
  /** The registrant to change; absent: a new one. */
  readonly id?: string;
  /** An id chosen by the caller for a new registrant (UUID), so that a batch can refer to it. */
  readonly newId?: string;
  /** The whole registrant as it shall be: what is absent is cleared. Merge before (provenance.ts). */
  readonly draft: Draft;
  /** Refuses with `record.version-conflict` when the stored version is another. */
  readonly expectedVersion?: number;
}

export interface Saved {
  readonly id: string;
  readonly version: number;
  readonly outcome: 'created' | 'updated' | 'unchanged';
}

export interface MembershipRequest {
  readonly groupId: string;
  /** The memberships as they shall be. */
  readonly members: readonly Pick<Membership, 'individualId' | 'roles' | 'start' | 'end'>[];
  /** `end`: live memberships not named here are ended (on `endDate`, default today); `keep`: they stay. */
  readonly others: 'end' | 'keep';
  readonly endDate?: string;
}

/** What a module knows of a registrant, by which it shall be found: in place of what the module said before. */
export interface FactsRequest {
  readonly id: string;
  readonly source: string;
  readonly facts: Facts[string];
  /** What the feed shall tell; without it nothing is told when the facts are what they were. */
  readonly event?: Pick<NewChange, 'type' | 'detail'>;
}

export interface RegistryWriter {
  /**
   * Creates and updates registrants in few statements, with their feed events, all in the caller's transaction.
   * A draft equal to what is stored changes nothing: no version, no event.
   * Faults: `identifier.taken`, `record.version-conflict`, `registrant.not-found`, `record.invalid`.
   */
  save(tx: Tx, requests: readonly SaveRequest[], by: Writer): Promise<readonly Saved[]>;
  /** Brings memberships of groups to the given state; a group whose members changed gets a new version and an event. */
  saveMemberships(tx: Tx, requests: readonly MembershipRequest[], by: Writer): Promise<readonly Saved[]>;
  /**
   * `save` and then `saveMemberships`, with what comes of them, in fewer statements. Answers also the groups whose members
   * changed.
   */
  saveTogether(
    tx: Tx,
    requests: readonly SaveRequest[],
    memberships: readonly MembershipRequest[],
    by: Writer,
  ): Promise<{ readonly saved: readonly Saved[]; readonly joined: ReadonlySet<string> }>;
  /** Takes in what other modules know of registrants; a registrant may occur once. */
  setFacts(tx: Tx, requests: readonly FactsRequest[], by: Writer): Promise<void>;
  /** Leaves a tombstone and an event; memberships and identifiers go with it. */
  remove(tx: Tx, id: string, reason: string, by: Writer): Promise<void>;
  /** Makes open attributes searchable: called with what a mapping or an import brings. */
  registerAttributes(
    tx: Tx,
    attributes: readonly { readonly kind: Kind; readonly name: string; readonly type: string }[],
  ): Promise<void>;
}

export type Registry = RegistryReader & RegistryWriter;
