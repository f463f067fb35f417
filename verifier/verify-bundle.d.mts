/** Types of the stand-alone verifier, for the server, which runs the same program. */

export interface Problem {
  readonly seq?: number;
  readonly message_id?: string;
  readonly size?: number;
  readonly line?: number;
  /** One word: `altered`, `missing`, `message-altered`, … */
  readonly what: string;
  readonly detail: string;
}

export interface TrustedKey {
  readonly sender_id: string | undefined;
  readonly kid: string | undefined;
  readonly thumbprint: string;
  readonly form: string;
  readonly known_by: string | undefined;
  readonly first: string;
  readonly last: string;
  readonly messages: number;
}

export interface LedgerResult {
  readonly ok: boolean;
  readonly messages: number;
  readonly entries: number;
  readonly erased: number;
  readonly signatures: number;
  readonly checkpoints: number;
  readonly unsigned: number;
  readonly origin: string | undefined;
  readonly size: number | undefined;
  readonly root: string | undefined;
  readonly signed_at: string | undefined;
  readonly problem_count: number;
  readonly problems: readonly Problem[];
  readonly trusted: readonly TrustedKey[];
  readonly notes: readonly string[];
}

/** How quick the check was, those of signatures apart. */
export interface Rates {
  readonly entries_per_second: number;
  readonly signatures_per_second: number;
}

export interface BundleResult extends LedgerResult, Rates {
  readonly from: number;
  readonly to: number;
  readonly keys: readonly { readonly kid: string | undefined; readonly thumbprint: string }[];
  readonly seconds: number;
}

export interface LedgerCheck {
  problem(what: string, detail: string, where?: { seq?: number; message_id?: string | undefined; size?: number }): void;
  entry(entry: {
    readonly seq: number;
    readonly leaf: string;
    readonly hash: Buffer;
    readonly salt?: Buffer | undefined;
    readonly body?: Buffer | undefined;
  }): Readonly<Record<string, unknown>> | undefined;
  checkpoint(note: string, right?: readonly Buffer[]): void;
  elsewhere(entry: { readonly seq: number; readonly leaf: string; readonly path: readonly Buffer[] }): void;
  readonly size: number;
  readonly root: Buffer | undefined;
  readonly hasMissingBodies: boolean;
  readonly signatureMs: number;
  readonly lastCheckpoint: { readonly size: number; readonly root: Buffer } | undefined;
  finish(): LedgerResult;
}

export interface Note {
  readonly note: string;
  readonly origin: string;
  readonly size: number;
  readonly root: Buffer;
  readonly time: string | undefined;
}

export function leafHash(leaf: string | Buffer): Buffer;
export function checkSignature(
  bytes: Buffer,
  signature: { readonly form: string; readonly key: unknown },
): string | undefined;
export function createLedgerCheck(options: {
  readonly keys: readonly object[];
  readonly allKeys?: boolean;
  readonly from?: number;
  readonly left?: readonly Buffer[];
  readonly bodies?: boolean;
  readonly signatures?: boolean;
  readonly completed?: (level: number, first: number, root: Buffer) => void;
}): LedgerCheck;
export function lastCheckpointOf(file: string, keys: readonly object[]): Promise<Note | undefined>;
export function verifyBundle(file: string, options?: { readonly jwks?: string | undefined }): Promise<BundleResult>;
export function ratesOf(
  counted: Pick<LedgerResult, 'entries' | 'signatures'>,
  seconds: number,
  signatureSeconds: number,
): Rates;
export function describe(result: LedgerResult & Rates & { readonly seconds: number }): string;
