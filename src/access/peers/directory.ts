import type { Database } from '../../storage/index.ts';
import type { Peer, PeerDirectory } from '../ports.ts';
import { PEERS_TOPIC, readPeers, type StoredPeer } from './peers.store.ts';
import { hashToken, sameHash } from './token.ts';

interface Known {
  readonly byHash: ReadonlyMap<string, StoredPeer>;
  readonly bySender: ReadonlyMap<string, StoredPeer>;
  readonly byIssuer: ReadonlyMap<string, readonly Peer[]>;
}

const groupByIssuer = (peers: readonly Peer[]): ReadonlyMap<string, readonly Peer[]> => {
  const groups = new Map<string, Peer[]>();
  for (const peer of peers) {
    if (!peer.issuer) continue;
    const group = groups.get(peer.issuer.issuer);
    if (group) group.push(peer);
    else groups.set(peer.issuer.issuer, [peer]);
  }
  return groups;
};

/** The active peers in memory; read again after any process changed one. */
export const createPeerDirectory = (db: Database): PeerDirectory => {
  let known: Promise<Known> | undefined;
  db.onTouch(PEERS_TOPIC, () => {
    known = undefined;
  });

  const load = (): Promise<Known> => {
    if (known) return known;
    const reading = db.read(readPeers).then((stored) => {
      const active = stored.filter(({ peer }) => peer.active);
      return {
        byHash: new Map(active.map((one) => [one.tokenHash, one])),
        bySender: new Map(active.map((one) => [one.peer.senderId, one])),
        byIssuer: groupByIssuer(active.map(({ peer }) => peer)),
      };
    });
    known = reading;
    // A failed read must not be remembered: the next request tries again.
    reading.catch(() => {
      if (known === reading) known = undefined;
    });
    return reading;
  };

  return {
    async byToken(token) {
      const hash = hashToken(token);
      // The look-up by hash leaks at most timing about hashes, and the comparison is in constant time.
      const stored = (await load()).byHash.get(hash);
      return stored && sameHash(stored.tokenHash, hash) ? stored.peer : undefined;
    },
    bySenderId: async (senderId) => (await load()).bySender.get(senderId)?.peer,
    byIssuer: async (issuer) => (await load()).byIssuer.get(issuer) ?? [],
    tokenHashOf: async (senderId) => (await load()).bySender.get(senderId)?.tokenHash,
  };
};
