import type { Clock } from '../core/clock.ts';
import { Fault } from '../core/fault.ts';
import type { HttpClient } from '../net/index.ts';
import type { SecretBox } from '../trust/index.ts';
import { isCentralError } from './central/answer.ts';
import { type CentralForm, createCentralForm } from './central/api.ts';
import { type CentralClient, createCentralClient } from './central/client.ts';
import type { RetryPolicy } from './central/retry.ts';
import type { Credentials } from './central/session.ts';
import type { SourceSettings } from './source.ts';
import type { Source } from './sources.store.ts';

/** One source's way to its Central; the login is kept from poll to poll. */
export interface OpenCentral {
  readonly client: CentralClient;
  readonly form: CentralForm;
  /** Requests since it was last asked, by what came of them: `requests.200`, `requests.none`, and their time. */
  takeTotals(): Record<string, number>;
}

export interface Centrals {
  open(source: Pick<Source, 'name' | 'settings' | 'secret'>): OpenCentral;
  /** For a source that is not stored yet; close it after use. */
  connect(settings: SourceSettings, credentials: Credentials): OpenCentral;
  /** Ends the sessions. */
  close(): Promise<void>;
}

export interface CentralsDeps {
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly secrets: SecretBox;
  readonly retry?: RetryPolicy;
}

export const sealCredentials = (secrets: SecretBox, name: string, credentials: Credentials): string =>
  secrets.seal(JSON.stringify(credentials), name);

export const createCentrals = ({ http, clock, secrets, retry }: CentralsDeps): Centrals => {
  const known = new Map<string, { readonly key: string; readonly central: OpenCentral }>();

  const connect = (settings: SourceSettings, credentials: Credentials): OpenCentral => {
    let totals: Record<string, number> = {};
    const add = (what: string, amount: number): void => {
      totals[what] = (totals[what] ?? 0) + amount;
    };
    const client = createCentralClient(
      {
        http,
        clock,
        observe: (status, ms) => {
          add(`requests.${status ?? 'none'}`, 1);
          add('request_ms', ms);
        },
      },
      { url: settings.url, credentials, idleTimeoutMs: settings.idleTimeoutMs, ...(retry ? { retry } : {}) },
    );
    return {
      client,
      form: createCentralForm(client, settings.project, settings.form),
      takeTotals() {
        const taken = totals;
        totals = {};
        return taken;
      },
    };
  };

  return {
    open({ name, settings, secret }) {
      const key = JSON.stringify([settings.url, settings.project, settings.form, settings.idleTimeoutMs, secret]);
      const found = known.get(name);
      if (found?.key === key) return found.central;
      if (found) void found.central.client.close();
      const opened = secrets.open(secret, name);
      if (opened === undefined) {
        throw new Fault(
          'odk.login-refused',
          `the stored login of ${name} does not open with the key in DATA_DIR; run odk add again`,
        );
      }
      const central = connect(settings, JSON.parse(opened) as Credentials);
      known.set(name, { key, central });
      return central;
    },
    connect,
    async close() {
      const all = [...known.values()];
      known.clear();
      await Promise.all(all.map(({ central }) => central.client.close()));
    },
  };
};

/** What Central refused, in words for an operator: which request and with which code, never what the answer said. */
export const explain = (error: unknown): unknown =>
  isCentralError(error) ? new Fault('net.upstream', error.message, {}, { cause: error }) : error;
