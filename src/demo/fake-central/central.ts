import { randomBytes } from 'node:crypto';
import { createForm, type FakeForm } from './form.ts';

export type Role = 'viewer' | 'manager';

/** Something that goes wrong on the wire, for the next requests that match. */
export interface Trouble {
  readonly path: RegExp;
  readonly method?: string;
  /** How many matching requests suffer; default one. */
  readonly times?: number;
  /** Matching requests to let through first. */
  readonly after?: number;
  readonly kind:
    | { readonly status: number; readonly retryAfter?: string; readonly body?: unknown }
    /** The answer begins with status 200 and stops after so many bytes, without an end. */
    | { readonly stallAfter: number }
    /** As before, but the connection is cut. */
    | { readonly cutAfter: number }
    /** Runs before the request is served: an event in the middle of a walk. */
    | { readonly run: () => void };
}

export interface Pace {
  /** Milliseconds before the first byte of a list, and for each of its rows. */
  readonly perRequest: number;
  readonly perRow: number;
}

export interface FakeCentralOptions {
  readonly clock?: () => number;
  /** The origin that `nextLink` names: behind proxies it differs from where one came in. */
  readonly domain?: string;
  readonly pace?: Pace;
}

/** The state of a fake ODK Central, with an API in the process for what people do to it. */
export interface FakeCentral {
  readonly domain: string;
  readonly clock: () => number;
  pace: Pace;
  readonly forms: readonly FakeForm[];
  readonly requests: readonly { readonly method: string; readonly url: string; readonly status: number }[];
  readonly sessions: ReadonlyMap<string, { readonly email: string; readonly expiresAt: number }>;
  readonly addUser: (email: string, password: string, role?: Role) => void;
  readonly createForm: (xml: string, options?: { readonly project?: number; readonly keyId?: number }) => FakeForm;
  readonly deleteForm: (form: FakeForm) => void;
  readonly trouble: (trouble: Trouble) => void;
  /** Ends every session, as a changed password does. */
  readonly endSessions: () => void;
  readonly login: (email: string, password: string) => { token: string; expiresAt: number } | undefined;
  readonly logout: (token: string) => void;
  readonly roleOf: (token: string) => Role | undefined;
  /** For the server: the troubles this request meets, oldest first. */
  readonly meet: (method: string, url: string) => readonly Trouble['kind'][];
  readonly record: (method: string, url: string, status: number) => void;
}

const SESSION_MS = 24 * 3600_000;

export const createFakeCentral = (options: FakeCentralOptions = {}): FakeCentral => {
  const clock = options.clock ?? Date.now;
  const forms: FakeForm[] = [];
  const users = new Map<string, { readonly password: string; readonly role: Role }>();
  const sessions = new Map<string, { readonly email: string; readonly expiresAt: number }>();
  const troubles: { readonly trouble: Trouble; skip: number; left: number }[] = [];
  const requests: { method: string; url: string; status: number }[] = [];

  return {
    domain: options.domain ?? 'https://central.example.test',
    clock,
    pace: options.pace ?? { perRequest: 0, perRow: 0 },
    forms,
    requests,
    sessions,
    addUser: (email, password, role = 'manager') => void users.set(email, { password, role }),
    createForm(xml, { project = 1, keyId } = {}) {
      const now = () => new Date(clock()).toISOString();
      const form = createForm(xml, { project, keyId: keyId ?? null, now });
      forms.push(form);
      return form;
    },
    deleteForm: (form) => void forms.splice(forms.indexOf(form), 1),
    trouble: (trouble) => void troubles.push({ trouble, skip: trouble.after ?? 0, left: trouble.times ?? 1 }),
    endSessions: () => sessions.clear(),
    login(email, password) {
      if (users.get(email)?.password !== password) return undefined;
      const token = randomBytes(32).toString('hex');
      const session = { email, expiresAt: clock() + SESSION_MS };
      sessions.set(token, session);
      return { token, expiresAt: session.expiresAt };
    },
    logout: (token) => void sessions.delete(token),
    roleOf(token) {
      const session = sessions.get(token);
      return session && session.expiresAt > clock() ? users.get(session.email)?.role : undefined;
    },
    meet(method, url) {
      const met: Trouble['kind'][] = [];
      for (const one of troubles) {
        const { trouble } = one;
        if (!trouble.path.test(url) || (trouble.method && trouble.method !== method) || one.left === 0) continue;
        if (one.skip > 0) one.skip -= 1;
        else {
          one.left -= 1;
          met.push(trouble.kind);
        }
      }
      return met;
    },
    record: (method, url, status) => void requests.push({ method, url, status }),
  };
};
