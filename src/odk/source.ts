import { Fault } from '../core/fault.ts';
import { isObject } from '../core/json.ts';

/** What an operator says of a source (odk.md §18.1); kept as JSON. */
export interface SourceSettings {
  readonly url: string;
  readonly project: number;
  readonly form: string;
  readonly email: string;
  readonly everyMs: number;
  readonly overlapMs: number;
  readonly pageSize: number;
  readonly idleTimeoutMs: number;
  /** Review states that are imported; `null` is "received". */
  readonly accept: readonly (string | null)[];
  /** Form versions the mapping was written for; absent: every version it fits. */
  readonly versions?: readonly string[];
  readonly onDelete: 'flag' | 'retire' | 'ignore';
  readonly encrypted: 'refuse' | 'park';
  readonly read: 'odata' | 'xml';
  /** Whether dead letters show what stood there. */
  readonly values: 'shown' | 'masked';
  readonly files: FileLimits;
  readonly writeBack?: WriteBack;
  /** Digest of the entry in the configuration file that it was made from. */
  readonly configured?: string;
}

/** How large one attachment may be, and how much may come within an hour. */
export interface FileLimits {
  readonly maxBytes: number;
  readonly bytesPerHour: number;
}

/** What is told to Central about outcomes; needs an account that may review. */
export interface WriteBack {
  readonly imported?: string;
  readonly failed?: string;
  readonly comment: boolean;
}

const refuse = (message: string): Fault => new Fault('odk.source-invalid', message);

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `60s`, `10m`, `1h`; a bare number counts seconds. */
export const readDuration = (given: unknown, fallback: number, what: string): number => {
  if (given === undefined || given === null) return fallback;
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)?$/.exec(String(given));
  if (!match) throw refuse(`${what} must be a time such as 60s or 10m`);
  return Number(match[1]) * (units[match[2] ?? 's'] ?? 1000);
};

const sizes: Readonly<Record<string, number>> = { b: 1, kb: 1024, mb: 1024 ** 2, gb: 1024 ** 3 };

/** `500kB`, `20MB`, `1GB`; a bare number counts bytes. */
const readSize = (given: unknown, fallback: number, what: string): number => {
  if (given === undefined || given === null) return fallback;
  const match = /^(\d+(?:\.\d+)?)\s*(b|kb|mb|gb)?$/i.exec(String(given));
  if (!match) throw refuse(`${what} must be a size such as 500kB or 20MB`);
  return Math.floor(Number(match[1]) * (sizes[(match[2] ?? 'b').toLowerCase()] ?? 1));
};

const readStates = (given: unknown): readonly (string | null)[] => {
  if (given === undefined) return [null, 'approved', 'edited'];
  if (!Array.isArray(given) || !given.every((state) => state === null || typeof state === 'string')) {
    throw refuse('accept.reviewStates must be a list of review states (null for received)');
  }
  return given.map((state: string | null) => (state === 'received' ? null : state));
};

const oneOf = <T extends string>(given: unknown, values: readonly T[], fallback: T, what: string): T => {
  if (given === undefined) return fallback;
  const found = values.find((value) => value === given);
  if (!found) throw refuse(`${what} must be one of ${values.join(', ')}`);
  return found;
};

const known = ['read', 'versions', 'poll', 'accept', 'onDelete', 'encrypted', 'deadLetters', 'files', 'writeBack'];
const states = ['approved', 'hasIssues', 'rejected'];

const readWriteBack = (given: unknown): WriteBack | undefined => {
  if (given === undefined) return undefined;
  if (!isObject(given)) throw refuse('writeBack must be a map');
  const review = given['reviewState'] ?? {};
  if (!isObject(review)) throw refuse('writeBack.reviewState must be a map of imported and failed');
  const state = (name: 'imported' | 'failed'): { [key in typeof name]?: string } => {
    const value = review[name];
    if (value === undefined || value === null) return {};
    if (!states.includes(String(value)))
      throw refuse(`writeBack.reviewState.${name} must be one of ${states.join(', ')}`);
    return { [name]: String(value) };
  };
  return { ...state('imported'), ...state('failed'), comment: given['comment'] === true };
};

export interface GivenSource {
  readonly url: string;
  readonly project: number;
  readonly form: string;
  readonly email: string;
}

/** Joins what the command says with what stands under `source:` in the mapping file. */
export const toSettings = (given: GivenSource, inMapping: Readonly<Record<string, unknown>>): SourceSettings => {
  if (!/^https?:\/\//.test(given.url) || !URL.canParse(given.url)) throw refuse('--url must be an http or https URL');
  if (!Number.isInteger(given.project) || given.project < 1) throw refuse('--project must be a number of a project');
  const part = (name: string): Readonly<Record<string, unknown>> => {
    const value = inMapping[name];
    return isObject(value) ? value : {};
  };
  const pageSize = part('poll')['pageSize'] ?? 250;
  if (!Number.isInteger(pageSize) || Number(pageSize) < 1 || Number(pageSize) > 5000) {
    throw refuse('poll.pageSize must be between 1 and 5000');
  }
  for (const key of Object.keys(inMapping)) {
    if (!known.includes(key)) throw refuse(`source.${key} is not known; known are: ${known.join(', ')}`);
  }
  const versions = inMapping['versions'];
  if (versions !== undefined && !Array.isArray(versions)) throw refuse('versions must be a list of form versions');
  const writeBack = readWriteBack(inMapping['writeBack']);
  return {
    ...given,
    url: given.url.replace(/\/+$/, '').replace(/\/v1$/, ''),
    everyMs: Math.max(1000, readDuration(part('poll')['every'], 60_000, 'poll.every')),
    overlapMs: readDuration(part('poll')['overlap'], 600_000, 'poll.overlap'),
    pageSize: Number(pageSize),
    idleTimeoutMs: readDuration(part('poll')['idleTimeout'], 30_000, 'poll.idleTimeout'),
    accept: readStates(part('accept')['reviewStates']),
    ...(versions ? { versions: versions.map(String) } : {}),
    onDelete: oneOf(inMapping['onDelete'], ['flag', 'retire', 'ignore'], 'flag', 'onDelete'),
    encrypted: oneOf(inMapping['encrypted'], ['refuse', 'park'], 'refuse', 'encrypted'),
    read: oneOf(inMapping['read'], ['odata', 'xml'], 'odata', 'read'),
    values: oneOf(part('deadLetters')['values'], ['shown', 'masked'], 'shown', 'deadLetters.values'),
    files: {
      maxBytes: readSize(part('files')['maxSize'], 50 * 1024 ** 2, 'files.maxSize'),
      bytesPerHour: readSize(part('files')['perHour'], 2 * 1024 ** 3, 'files.perHour'),
    },
    ...(writeBack ? { writeBack } : {}),
  };
};
