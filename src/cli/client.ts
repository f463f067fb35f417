import { type Client, parseScope, showScope } from '../access/clients/index.ts';
import { Fault } from '../core/fault.ts';
import type { CommandFile } from './context.ts';
import { collect } from './options.ts';
import { table } from './table.ts';

const wire = (client: Client): object => ({
  client_id: client.clientId,
  name: client.name,
  active: client.active,
  organization: client.organization,
  organization_type: client.organizationType,
  legal_basis: client.legalBasis,
  legal_basis_reference: client.legalBasisReference,
  is_require_consent: client.requireConsent,
  rate_limit_per_minute: client.rateLimitPerMinute,
  rate_limit_per_day: client.rateLimitPerDay,
  scopes: client.scopes.map(showScope),
  created_at: client.createdAt,
});

const secretText = (id: string, secret: string): string =>
  `client_id      ${id}\nclient_secret  ${secret}\nThe secret is shown this once; keep it now.`;

const count = (value: string | undefined, name: string): number | undefined => {
  if (value === undefined) return undefined;
  if (!/^\d+$/.test(value)) throw new Fault('client.invalid', `${name} must be a whole number`);
  return Number(value);
};

interface AddOptions {
  readonly name: string;
  readonly scope: string[];
  readonly organization?: string;
  readonly organizationType?: string;
  readonly legalBasis?: string;
  readonly legalBasisReference?: string;
  readonly consent: boolean;
  readonly rateLimitPerMinute?: string;
  readonly rateLimitPerDay?: string;
}

export const client: CommandFile = (command, context) => {
  command
    .command('add')
    .description('make a client; prints its id and its secret, the secret this once')
    .requiredOption('--name <name>', 'what people call it')
    .requiredOption('--scope <resource:action[=field,field]>', 'what it may do (repeat for more)', collect, [])
    .option('--organization <name>', 'the grantee that consents are matched against')
    .option('--organization-type <type>', 'government, ngo, ingo, un, private, research or other')
    .option('--legal-basis <basis>', 'anything but consent lifts the consent check')
    .option('--legal-basis-reference <text>', 'the law or agreement behind the basis')
    .option('--no-consent', 'consent of the persons is not required')
    .option('--rate-limit-per-minute <n>', 'requests a minute (60)')
    .option('--rate-limit-per-day <n>', 'requests a day (10000)')
    .action(async (options: AddOptions) => {
      const { clients } = await context.ground();
      const { rateLimitPerMinute, rateLimitPerDay, scope, consent, ...rest } = options;
      const perMinute = count(rateLimitPerMinute, '--rate-limit-per-minute');
      const perDay = count(rateLimitPerDay, '--rate-limit-per-day');
      const made = await clients.add({
        ...rest,
        scopes: scope.map(parseScope),
        requireConsent: consent,
        ...(perMinute === undefined ? {} : { rateLimitPerMinute: perMinute }),
        ...(perDay === undefined ? {} : { rateLimitPerDay: perDay }),
      });
      context.print({ ...wire(made.client), client_secret: made.secret }, () =>
        secretText(made.client.clientId, made.secret),
      );
    });

  command
    .command('list')
    .description('list the clients')
    .action(async () => {
      const all = await (await context.ground()).clients.list();
      context.print(all.map(wire), () =>
        table(
          ['client_id', 'name', 'active', 'scopes'],
          all.map((one) => [
            one.clientId,
            one.name,
            one.active ? 'yes' : 'revoked',
            one.scopes.map(showScope).join(' '),
          ]),
        ),
      );
    });

  command
    .command('update')
    .description('replace the scopes of a client')
    .argument('<id>', 'its client_id')
    .requiredOption(
      '--scope <resource:action[=field,field]>',
      'what it may do from now on (repeat for more)',
      collect,
      [],
    )
    .action(async (id: string, { scope }: { scope: string[] }) => {
      const changed = await (await context.ground()).clients.replaceScopes(id, scope.map(parseScope));
      context.print(wire(changed), () => `${changed.name} may now: ${changed.scopes.map(showScope).join(' ')}`);
    });

  command
    .command('rotate')
    .description('give a client a new secret; the old one is void at once')
    .argument('<id>', 'its client_id')
    .action(async (id: string) => {
      const made = await (await context.ground()).clients.rotate(id);
      context.print({ client_id: id, client_secret: made.secret }, () => secretText(id, made.secret));
    });

  command
    .command('revoke')
    .description('shut a client out; its tokens are void at once')
    .argument('<id>', 'its client_id')
    .action(async (id: string) => {
      const revoked = await (await context.ground()).clients.revoke(id);
      context.print(wire(revoked), () => `${revoked.name} is revoked.`);
    });
};
