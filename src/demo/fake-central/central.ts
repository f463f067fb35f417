import { randomBytes } from 'node:crypto';
import { createDataset, type FakeDataset } from './dataset.ts';
import { createForm, type EntityJob, type FakeForm } from './form.ts';
import { Problem, problems } from './problems.ts';
import type { FormField } from './xform.ts';

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
  /** Milliseconds before the first byte of a list, for each row it sends, and for each row that its filter matches. */
  readonly perRequest: number;
  readonly perRow: number;
  readonly perMatch?: number;
}

/**
 * The speeds of odk.md §16: 350 ms for a page of 250 out of 10,000 rows, 550 ms for one of 1,000, 50 ms when nothing
 * is new.
 */
export const seenPace: Pace = { perRequest: 50, perRow: 0.267, perMatch: 0.0233 };

export interface FakeCentralOptions {
  readonly clock?: () => number;
  /** The origin that `nextLink` names: behind proxies it differs from where one came in. */
  readonly domain?: string;
  readonly pace?: Pace;
  /** A server with OpenID Connect routes no password login. */
  readonly openIdConnect?: boolean;
  readonly sessionMs?: number;
}

/** The state of a fake ODK Central, with an API in the process for what people do to it. */
export interface FakeCentral {
  readonly domain: string;
  readonly clock: () => number;
  pace: Pace;
  /** Files lie in object storage: they are answered with a 307 to a signed address. */
  redirectFiles: boolean;
  /** A server of the time before `$skiptoken`: its nextLinks say how many rows to leave out (odk.md §20). */
  pagesBySkip: boolean;
  readonly openIdConnect: boolean;
  readonly forms: readonly FakeForm[];
  readonly datasets: readonly FakeDataset[];
  readonly requests: readonly { readonly method: string; readonly url: string; readonly status: number }[];
  readonly sessions: ReadonlyMap<string, { readonly email: string; readonly expiresAt: number }>;
  readonly addUser: (email: string, password: string, role?: Role) => void;
  readonly createForm: (xml: string, options?: { readonly project?: number; readonly keyId?: number }) => FakeForm;
  readonly deleteForm: (form: FakeForm) => void;
  readonly createDataset: (name: string, project?: number) => FakeDataset;
  readonly dataset: (name: string, project?: number) => FakeDataset | undefined;
  /** Lets the background worker make entities of what was submitted; what fails shows in `entityErrors` alone. */
  readonly work: () => void;
  readonly entityErrors: readonly { readonly submission: string; readonly code: number | undefined }[];
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
  const datasets: FakeDataset[] = [];
  const entityErrors: { submission: string; code: number | undefined }[] = [];
  let jobs: EntityJob[] = [];
  const now = (): string => new Date(clock()).toISOString();

  const find = (name: string, project: number): FakeDataset | undefined =>
    datasets.find((one) => one.project === project && one.name === name);
  const addDataset = (name: string, project = 1): FakeDataset => {
    const ofProject = datasets.filter((one) => one.project === project);
    if (find(name, project)) throw problems.exists(['name', 'projectId'], [name, String(project)], 'datasets');
    const other = ofProject.find((one) => one.name.toLowerCase() === name.toLowerCase());
    if (other) throw problems.datasetCase(name, other.name);
    const dataset = createDataset(name, project, now);
    datasets.push(dataset);
    return dataset;
  };
  /** Publishing a form that writes to an entity list makes the list and its properties. */
  const prepareDataset = (form: FakeForm): void => {
    const { entity, fields } = form.current();
    if (!entity) return;
    const dataset = find(entity.dataset, form.project) ?? addDataset(entity.dataset, form.project);
    const save = (under: readonly FormField[]): void => {
      for (const { saveTo, children } of under) {
        if (saveTo !== undefined && !dataset.properties.some(({ name }) => name === saveTo))
          dataset.addProperty(saveTo);
        save(children);
      }
    };
    save(fields);
  };
  const runJob = ({ project, dataset, submission, claim, label, data }: EntityJob): boolean => {
    const list = find(dataset, project);
    if (list?.approvalRequired && submission.reviewState !== 'approved') return false;
    try {
      if (!list) throw problems.notFound();
      list.fromField({ ...claim, ...(label === undefined ? {} : { label }), data, submission: submission.id });
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      entityErrors.push({ submission: submission.id, code: error.body.code });
    }
    return true;
  };

  return {
    domain: options.domain ?? 'https://central.example.test',
    clock,
    pace: options.pace ?? { perRequest: 0, perRow: 0 },
    redirectFiles: false,
    pagesBySkip: false,
    openIdConnect: options.openIdConnect ?? false,
    forms,
    datasets,
    entityErrors,
    requests,
    sessions,
    addUser: (email, password, role = 'manager') => void users.set(email, { password, role }),
    createForm(xml, { project = 1, keyId } = {}) {
      const queueEntity = (job: EntityJob): void => void jobs.push(job);
      const form = createForm(xml, { project, keyId: keyId ?? null, now, queueEntity });
      forms.push(form);
      prepareDataset(form);
      return form;
    },
    deleteForm: (form) => void forms.splice(forms.indexOf(form), 1),
    createDataset: addDataset,
    dataset: (name, project = 1) => find(name, project),
    work() {
      jobs = jobs.filter((job) => !runJob(job));
    },
    trouble: (trouble) => void troubles.push({ trouble, skip: trouble.after ?? 0, left: trouble.times ?? 1 }),
    endSessions: () => sessions.clear(),
    login(email, password) {
      if (users.get(email)?.password !== password) return undefined;
      const token = randomBytes(32).toString('hex');
      const session = { email, expiresAt: clock() + (options.sessionMs ?? SESSION_MS) };
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
