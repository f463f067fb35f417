import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { Fault } from '../core/fault.ts';
import { type QueryType, queryTypes, type SearchQuestion } from '../dci/client/ask-search.ts';
import type { SubscriptionWish } from '../dci/client/ask-subscribe.ts';
import { type RegistryName, registryNames } from '../dci/registries/registry.ts';
import { collect } from './options.ts';

/** What a person may say on the command line about whom is asked for. */
export interface WhomOptions {
  readonly registry?: string;
  readonly id?: string;
  readonly where: readonly string[];
  readonly queryType?: string;
  readonly query?: string;
  readonly recordType?: string;
  readonly regType?: string;
  readonly purpose?: string;
}

const wrong = (message: string): Fault => new Fault('query.invalid', message);

export const toRegistry = (name: string): RegistryName => {
  const found = registryNames.find((one) => one === name);
  if (!found) throw wrong(`--registry must be one of ${registryNames.join(', ')}`);
  return found;
};

interface Whom {
  readonly type: QueryType;
  readonly query: unknown;
}

const byIdentifier = (text: string): Whom => {
  const [, type, value] = /^([^=]+)=(.+)$/s.exec(text) ?? [];
  if (type === undefined) throw wrong('--id is TYPE=VALUE, for example UIN=100500000001');
  return { type: 'idtype-value', query: { type, value } };
};

const byConditions = (conditions: readonly string[]): Whom => ({
  type: 'predicate',
  query: conditions.map((condition, i) => {
    const [, attribute, operator, value] = /^(\S+)\s+(\S+)\s+(.+)$/s.exec(condition.trim()) ?? [];
    if (attribute === undefined) throw wrong('--where is "ATTRIBUTE OPERATOR VALUE", for example "age ge 60"');
    return {
      seq_num: i + 1,
      expression1: { attribute_name: attribute, operator, attribute_value: value },
    };
  }),
});

/** The text itself, or with a leading `@` what stands in that file. */
const textOf = (given: string): string => {
  if (!given.startsWith('@')) return given;
  try {
    return readFileSync(given.slice(1), 'utf8');
  } catch (cause) {
    throw new Fault('query.invalid', `cannot read ${given.slice(1)}`, {}, { cause });
  }
};

const bySpelledOut = (given: string, named: string | undefined): Whom => {
  const type = queryTypes.find((one) => one === named);
  if (!type) throw wrong(`--query needs --query-type: ${queryTypes.join(', ')}`);
  const text = textOf(given);
  if (type === 'graphql') return { type, query: text };
  try {
    return { type, query: JSON.parse(text) };
  } catch (cause) {
    throw new Fault('query.invalid', '--query must be JSON', {}, { cause });
  }
};

const toWhom = ({ id, where, query, queryType }: WhomOptions): Whom | undefined => {
  const ways = [id !== undefined, where.length > 0, query !== undefined].filter(Boolean).length;
  if (ways > 1) throw wrong('say whom by --id, by --where or by --query, not by several');
  if (id !== undefined) return byIdentifier(id);
  if (where.length > 0) return byConditions(where);
  return query === undefined ? undefined : bySpelledOut(query, queryType);
};

const more = ({ recordType, regType, purpose }: WhomOptions) => ({
  ...(recordType === undefined ? {} : { recordType }),
  ...(regType === undefined ? {} : { regType }),
  ...(purpose === undefined ? {} : { purpose }),
});

export const toSearchQuestion = (options: WhomOptions, configured: RegistryName): SearchQuestion => {
  const whom = toWhom(options);
  if (!whom) throw wrong('say whom: --id TYPE=VALUE, --where "ATTRIBUTE OPERATOR VALUE" or --query');
  return {
    registry: options.registry === undefined ? configured : toRegistry(options.registry),
    queryType: whom.type,
    query: whom.query,
    ...more(options),
  };
};

export const toWish = (
  options: WhomOptions & { readonly event: string },
  configured: RegistryName,
): SubscriptionWish => {
  const whom = toWhom(options);
  if (whom?.type === 'graphql') throw wrong('a subscription is filtered by --id, --where or an expression');
  return {
    registry: options.registry === undefined ? configured : toRegistry(options.registry),
    eventType: options.event,
    ...(whom ? { filterType: whom.type, filter: whom.query } : {}),
    ...more(options),
  };
};

/** A whole number above 0, as an option has it. */
export const toCount = (text: string | undefined, option: string): number | undefined => {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,5}$/.test(text)) throw wrong(`${option} must be a whole number above 0`);
  return Number(text);
};

/** The options by which a person says whom is asked for, and of whom. */
export const whomOptions = (command: Command): Command =>
  command
    .requiredOption('--peer <id>', 'the sender_id of the registry to ask (peer add --url)')
    .option('--registry <registry>', 'social, crvs, dr, fr or ibr (default: DCI_REGISTRY)')
    .option('--id <type=value>', 'by identifier, such as UIN=100500000001')
    .option(
      '--where <condition>',
      '"ATTRIBUTE OPERATOR VALUE", such as "age ge 60" (repeat: all must hold)',
      collect,
      [],
    )
    .option('--query <json>', 'a query as the standard writes it, or @FILE; needs --query-type')
    .option('--query-type <type>', 'idtype-value, predicate, expression or graphql')
    .option('--record-type <type>', 'what the records are called there, such as Member or Group')
    .option('--reg-type <type>', 'what the registry is called there')
    .option('--purpose <code>', 'why it is asked');
