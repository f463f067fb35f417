import { problems } from './problems.ts';

/** What a REST handler answers; `json` unless it says otherwise. */
export interface RestAnswer {
  readonly json?: unknown;
  readonly xml?: string;
  readonly file?: {
    readonly bytes: Buffer;
    readonly contentType: string;
    readonly etag: string;
    readonly name: string;
  };
  /** The place within this server that the answer points to, and how. */
  readonly redirect?: { readonly status: 301 | 307; readonly path: string };
}

export interface RestRequest {
  readonly method: string;
  /** The path below the form or the entity list, split at `/` and decoded. */
  readonly path: readonly string[];
  /** The path of that form or list, as it came. */
  readonly base: string;
  readonly query: URLSearchParams;
  readonly extended: boolean;
  readonly role: 'viewer' | 'manager';
  readonly body: Buffer;
  readonly contentType: string | undefined;
  /** Files lie in object storage behind Central: they are answered with a redirect. */
  readonly redirectFiles: boolean;
}

export const readBody = (request: RestRequest): Record<string, unknown> => {
  if (request.body.length === 0) return {};
  try {
    return JSON.parse(request.body.toString('utf8')) as Record<string, unknown>;
  } catch {
    throw problems.notJson();
  }
};

export const manage = (request: RestRequest): void => {
  if (request.role !== 'manager') throw problems.forbidden();
};
