import { type Clock, toTimestamp } from '../core/clock.ts';
import { Fault } from '../core/fault.ts';
import { isObject } from '../core/json.ts';
import type { HttpClient } from '../net/index.ts';
import type { Database } from '../storage/index.ts';
import type { PublicJwk } from '../trust/ports.ts';
import { cosign, type ParsedNote, parseNote, signerOf } from './note.ts';
import type { CheckpointSigner } from './ports.ts';
import { isConsistent } from './tree.ts';
import { insertWitnessed, latestWitnessed, type WitnessedRow } from './witness.store.ts';

export interface WitnessRequest {
  /** Base address of the other server. */
  readonly url: string;
  /** May reach where the operator points it, closed networks included. */
  readonly http: Pick<HttpClient, 'request'>;
}

/** `ok`, or what speaks against the other ledger; then `seen` and `shown` are the two signed notes that contradict. */
export interface WitnessResult {
  readonly ok: boolean;
  readonly url: string;
  readonly origin: string;
  readonly size: number;
  readonly root: string;
  readonly signed_at: string;
  /** Its size when we last looked; absent at the first look, which believes what it is shown. */
  readonly previous?: number;
  readonly problem?: 'signature' | 'origin' | 'shorter' | 'fork';
  readonly detail?: string;
  readonly seen?: string;
  readonly shown: string;
}

interface Deps {
  readonly db: Database;
  readonly clock: Clock;
  readonly signer: CheckpointSigner;
  /** The name under which we co-sign. */
  readonly name: string;
}

const MAX_BYTES = 256 * 1024;

const fetchBytes = async ({ http, url }: WitnessRequest, path: string): Promise<Buffer> => {
  const address = `${url.replace(/\/+$/, '')}${path}`;
  const { status, body } = await http.request({ method: 'GET', url: address, maxBytes: MAX_BYTES });
  if (status !== 200) throw new Fault('net.upstream', `${path} of the other server answered with status ${status}`);
  return body;
};

const fetchJson = async (request: WitnessRequest, path: string): Promise<Record<string, unknown>> => {
  try {
    const value: unknown = JSON.parse((await fetchBytes(request, path)).toString('utf8'));
    if (isObject(value)) return value;
  } catch (cause) {
    if (cause instanceof Fault) throw cause;
  }
  throw new Fault('net.upstream', `${path} of the other server is not JSON`);
};

const fetchNote = async (request: WitnessRequest): Promise<{ note: string; parsed: ParsedNote }> => {
  const note = (await fetchBytes(request, '/ledger/checkpoint')).toString('utf8');
  try {
    return { note, parsed: parseNote(note) };
  } catch (cause) {
    throw new Fault('net.upstream', 'the other server shows no signed checkpoint', {}, { cause });
  }
};

/** The key that signed: one we saw before, else one the other server publishes now. */
const findSigner = async (
  request: WitnessRequest,
  parsed: ParsedNote,
  known: readonly PublicJwk[],
): Promise<PublicJwk | undefined> => {
  const before = signerOf(parsed, known);
  if (before) return before;
  const { keys } = await fetchJson(request, '/.well-known/jwks.json');
  return signerOf(parsed, Array.isArray(keys) ? keys.filter(isObject).map((key) => key as unknown as PublicJwk) : []);
};

const fetchProof = async (request: WitnessRequest, from: number, to: number): Promise<Buffer[]> => {
  const { hashes } = await fetchJson(request, `/ledger/proof/consistency?from=${from}&to=${to}`);
  return Array.isArray(hashes) ? hashes.map((hash) => Buffer.from(String(hash), 'base64')) : [];
};

type Objection = Pick<WitnessResult, 'problem' | 'detail'>;

/** What is wrong with the shown checkpoint, measured by the last one we saw. */
const objectionTo = async (
  request: WitnessRequest,
  { checkpoint }: ParsedNote,
  last: WitnessedRow,
): Promise<Objection | undefined> => {
  if (checkpoint.origin !== last.origin) {
    return { problem: 'origin', detail: `this was the ledger ${last.origin} and is ${checkpoint.origin} now` };
  }
  if (checkpoint.size < last.size) {
    const detail = `the ledger had ${last.size} entries and has ${checkpoint.size} now: cut off, or an older copy`;
    return { problem: 'shorter', detail };
  }
  const proof = checkpoint.size === last.size ? [] : await fetchProof(request, last.size, checkpoint.size);
  if (isConsistent(last, checkpoint, proof)) return undefined;
  const detail = `the first ${last.size} entries are not those of ${last.at}: the history was rewritten`;
  return { problem: 'fork', detail };
};

/**
 * Looks at another server's ledger: its newest checkpoint must be signed by it and continue the last one we saw. Then
 * we co-sign it and remember it. Two servers that watch each other cannot rewrite their past alone.
 */
export const createWitness =
  ({ db, clock, signer, name }: Deps) =>
  async (request: WitnessRequest): Promise<WitnessResult> => {
    const url = request.url.replace(/\/+$/, '');
    const last = await db.read((reader) => latestWitnessed(reader, url));
    const { note, parsed } = await fetchNote(request);
    const { origin, size, root, at } = parsed.checkpoint;
    const known = last ? (JSON.parse(last.keys) as PublicJwk[]) : [];
    const shown = {
      url,
      origin,
      size,
      root: root.toString('base64'),
      signed_at: at,
      ...(last ? { previous: last.size, seen: last.note } : {}),
    };
    const key = await findSigner(request, parsed, known);
    const objection: Objection | undefined = !key
      ? { problem: 'signature', detail: 'the checkpoint is not signed by a key that the other server has shown us' }
      : last && (await objectionTo(request, parsed, last));
    if (!key || objection) return { ok: false, ...shown, ...objection, shown: note };
    const now = clock();
    const cosigned = cosign(note, name, Math.floor(now / 1000), await signer.current());
    const keys = known.some(({ x }) => x === key['x']) ? known : [...known, key];
    const row = { url, origin, size, root, at: toTimestamp(now), keys: JSON.stringify(keys), note: cosigned };
    await db.write((tx) => insertWitnessed(tx, row));
    return { ok: true, ...shown, shown: cosigned };
  };
