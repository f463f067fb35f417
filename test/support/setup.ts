import dns from 'node:dns';
import net from 'node:net';

// No test reaches beyond this machine: a connection or a name look-up to anywhere else fails at once, loudly.
const isLoopback = (host: string | undefined): boolean =>
  host === undefined || host === 'localhost' || host === '::1' || host.startsWith('127.') || host.startsWith('/');

const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function guarded(this: net.Socket, ...args: unknown[]) {
  const first = Array.isArray(args[0]) ? args[0][0] : args[0];
  const host = typeof first === 'object' && first !== null ? (first as { host?: string }).host : (args[1] as string);
  if (typeof host === 'string' && !isLoopback(host)) throw new Error(`a test tried to reach ${host}`);
  return (connect as (...all: unknown[]) => net.Socket).apply(this, args);
} as typeof connect;

const lookup = dns.lookup;
dns.lookup = ((host: string, ...rest: unknown[]) => {
  if (!isLoopback(host)) {
    const done = rest.at(-1) as (error: Error) => void;
    return done(Object.assign(new Error(`a test tried to look up ${host}`), { code: 'ENOTFOUND' }));
  }
  return (lookup as (...all: unknown[]) => void)(host, ...rest);
}) as typeof lookup;
