import { Agent } from 'undici';
import type { Reach } from './address-guard.ts';
import { guardedConnector } from './connector.ts';

interface AgentOptions {
  /** Open connections per origin. */
  readonly connections: number;
  readonly connectTimeoutMs: number;
}

/** Keeps connections to allowed addresses open for the next request. */
export const createAgent = (reach: Reach, { connections, connectTimeoutMs }: AgentOptions): Agent =>
  new Agent({ connect: guardedConnector(reach, connectTimeoutMs), connections, keepAliveTimeout: 30_000 });
