import { createHash, type KeyObject, webcrypto } from 'node:crypto';

/*
 * A peer that shares no code with us: its own canonical form, written after Python's `json.dumps(sort_keys=True,
 * separators=(',', ':'))`, and signatures by WebCrypto.
 */

const escapeText = (text: string): string =>
  [...Array(text.length).keys()]
    .map((i) => text.charCodeAt(i))
    .map((unit) => (unit > 126 ? `\\u${(0x10000 + unit).toString(16).slice(1)}` : String.fromCharCode(unit)))
    .join('');

/** As Python prints it: sorted by code point, ASCII only unless told otherwise. */
export const dumps = (value: unknown, ensureAscii = true): string => {
  if (Array.isArray(value)) return `[${value.map((item) => dumps(item, ensureAscii)).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const codePoints = (text: string) => [...text].map((character) => character.codePointAt(0) as number);
    const byCodePoints = (a: string, b: string): number => {
      const [x, y] = [codePoints(a), codePoints(b)];
      const differing = x.findIndex((point, i) => point !== y[i]);
      return differing < 0 ? x.length - y.length : (x[differing] as number) - (y[differing] ?? -1);
    };
    const members = Object.entries(value).sort(([a], [b]) => byCodePoints(a, b));
    return `{${members.map(([key, inner]) => `${dumps(key, ensureAscii)}:${dumps(inner, ensureAscii)}`).join(',')}}`;
  }
  const text = JSON.stringify(value);
  return ensureAscii ? escapeText(text) : text;
};

const algorithms = {
  ed25519: { name: 'Ed25519' },
  rs256: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
} as const;

const sign = async (key: KeyObject, algorithm: keyof typeof algorithms, text: string): Promise<string> => {
  const pkcs8 = key.export({ type: 'pkcs8', format: 'der' });
  const imported = await webcrypto.subtle.importKey('pkcs8', pkcs8, algorithms[algorithm], false, ['sign']);
  return Buffer.from(await webcrypto.subtle.sign(algorithms[algorithm], imported, Buffer.from(text))).toString(
    'base64',
  );
};

export interface StringOptions {
  readonly key: KeyObject;
  readonly kid: string;
  readonly nowMs: number;
  readonly algorithm?: keyof typeof algorithms;
  readonly ensureAscii?: boolean;
  readonly created?: number;
  readonly expires?: number;
  readonly prefix?: string;
  readonly covered?: readonly string[];
  /** Signs this text as the canonical form instead. */
  readonly canonical?: string;
}

/** The parameters of a string signature over `{header, message}`, as a peer would make it. */
export const stringParameters = async (
  envelope: { readonly header: unknown; readonly message: unknown },
  options: StringOptions,
): Promise<Record<string, string>> => {
  const { key, kid, nowMs, algorithm = 'ed25519', ensureAscii = true, prefix = '' } = options;
  const created = options.created ?? Math.floor(nowMs / 1000);
  const expires = options.expires ?? created + 300;
  const canonical = options.canonical ?? dumps({ header: envelope.header, message: envelope.message }, ensureAscii);
  const digest = prefix + createHash('sha256').update(canonical).digest('base64');
  const lines: Record<string, string> = {
    '(created)': `(created): ${created}`,
    '(expires)': `(expires): ${expires}`,
    digest: `digest: ${digest}`,
  };
  const covered = options.covered ?? ['(created)', '(expires)', 'digest'];
  const signature = await sign(key, algorithm, covered.map((name) => lines[name]).join('\n'));
  return {
    namespace: 'dci',
    kidId: kid,
    algorithm,
    created: String(created),
    expires: String(expires),
    headers: covered.join(' '),
    signature,
  };
};

export const printParameters = (parameters: Record<string, string>): string =>
  Object.entries(parameters)
    .map(([name, value]) => `${name}="${value}"`)
    .join(', ');
