import { readFileSync } from 'node:fs';
import {
  createFakeCentral,
  type FakeCentral,
  type FakeCentralOptions,
  serveFakeCentral,
} from '../../../src/demo/fake-central/index.ts';

export const fixture = (name: string): string =>
  readFileSync(new URL(`../../fixtures/odk/${name}`, import.meta.url), 'utf8');
export const json = (name: string) => JSON.parse(fixture(name));

/** The keys of a value, at every depth, in order: what two answers of the same kind have in common. */
export const shapeOf = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.length === 0 ? [] : [shapeOf(value[0])];
  if (typeof value !== 'object' || value === null) return value === null ? null : typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, shapeOf(one)]));
};

export interface Asked {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked into freely here
  readonly body: any;
}

export interface Asking {
  readonly central: FakeCentral;
  readonly url: string;
  readonly ask: (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Asked>;
  readonly as: (role: 'viewer' | 'manager') => Promise<void>;
  readonly close: () => Promise<void>;
}

/** A served fake Central, with somebody logged in who asks it. */
export const askFakeCentral = async (options: FakeCentralOptions = {}): Promise<Asking> => {
  const central = createFakeCentral(options);
  for (const role of ['viewer', 'manager'] as const) central.addUser(`${role}@example.test`, 'secret', role);
  const served = await serveFakeCentral(central);
  let token = '';
  const ask: Asking['ask'] = async (method, path, body, headers = {}) => {
    const isRaw = typeof body === 'string';
    const response = await fetch(`${served.url}/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, ...headers },
      redirect: 'manual',
      ...(body === undefined ? {} : { body: isRaw ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = text !== '' && (response.headers.get('content-type') ?? '').includes('json');
    return { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : undefined };
  };
  const as = async (role: 'viewer' | 'manager'): Promise<void> => {
    token = central.login(`${role}@example.test`, 'secret')?.token ?? '';
  };
  await as('manager');
  return { central, url: served.url, ask, as, close: served.close };
};
