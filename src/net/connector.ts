import dns, { type LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { buildConnector } from 'undici';
import { Fault } from '../core/fault.ts';
import { isAllowedAddress, literalAddress, type Reach } from './address-guard.ts';

const refuse = (): Fault => new Fault('net.refused', 'the name leads to an address that is not a public one');

/** Looks names up and refuses when any answer is out of reach: the answer judged is the answer connected to. */
const guardedLookup =
  (reach: Reach): LookupFunction =>
  (hostname, options, done) => {
    dns.lookup(hostname, { ...options, all: true }, (error, found) => {
      const answers = (found ?? []) as LookupAddress[];
      const first = answers[0];
      if (error || !first) return done(error ?? new Error(`no address for ${hostname}`), '', 0);
      if (!answers.every(({ address }) => isAllowedAddress(address, reach))) return done(refuse(), '', 0);
      if (options.all) return done(null, answers);
      done(null, first.address, first.family);
    });
  };

/**
 * Opens connections to allowed addresses only. The look-up hook is not asked about literal addresses, so those are
 * judged here too.
 */
export const guardedConnector = (reach: Reach, connectTimeoutMs: number): buildConnector.connector => {
  const connect = buildConnector({ lookup: guardedLookup(reach), timeout: connectTimeoutMs });
  return (options, done) => {
    const literal = literalAddress(options.hostname);
    if (literal && !isAllowedAddress(literal, reach)) return done(refuse(), null);
    connect(options, done);
  };
};
