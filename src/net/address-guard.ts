import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { Fault } from '../core/fault.ts';

/** Which addresses may be called: `public` ones over https, or also those of a closed network, over http too. */
export type Reach = 'public' | 'private';

// What a closed network consists of. Link-local stays out: the metadata services of cloud machines live there.
const closedRanges = new Set(['private', 'loopback', 'uniqueLocal', 'carrierGradeNat']);

/** Whether an IP address may be called. IPv4 inside IPv6 is judged as IPv4. */
export const isAllowedAddress = (address: string, reach: Reach): boolean => {
  if (!ipaddr.isValid(address)) return false;
  const range = ipaddr.process(address).range();
  return range === 'unicast' || (reach === 'private' && closedRanges.has(range));
};

/** The address in a URL's host when it is a literal one, else nothing. */
export const literalAddress = (hostname: string): string | undefined => {
  const bare = hostname.replace(/^\[|\]$/g, '');
  return isIP(bare) ? bare : undefined;
};

// What proxies pass on at most. Our own questions by id come to some thousand characters.
const LONGEST_URL = 8192;

const isLoopbackName = (hostname: string): boolean => /^(.+\.)?localhost\.?$/i.test(hostname);

/**
 * Reads an address that we are asked to call, and refuses (`net.refused`) what can be refused without looking its
 * name up: other schemes, credentials in it, literal addresses out of reach. Names are judged again when they are
 * looked up, on the answer that is used.
 */
export const checkUrl = (text: string, reach: Reach): URL => {
  if (text.length > LONGEST_URL || !URL.canParse(text)) throw new Fault('net.refused', 'not a usable URL');
  const url = new URL(text);
  if (url.protocol !== 'https:' && !(reach === 'private' && url.protocol === 'http:')) {
    throw new Fault('net.refused', `only ${reach === 'private' ? 'http and https' : 'https'} addresses are allowed`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new Fault('net.refused', 'an address with credentials in it is not allowed');
  }
  const literal = literalAddress(url.hostname);
  const blocked = literal ? !isAllowedAddress(literal, reach) : reach === 'public' && isLoopbackName(url.hostname);
  if (blocked) throw new Fault('net.refused', 'the address is not a public one');
  return url;
};
