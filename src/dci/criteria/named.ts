import { isObject } from '../../core/json.ts';
import { and, type Condition, isBlank, malformed, shown, unserved } from './condition.ts';

type Params = Readonly<Record<string, unknown>>;

const demographics = ['given_name', 'surname', 'birth_date', 'sex'];

const need = (params: Params, name: string): unknown => {
  if (isBlank(params[name])) throw malformed(`params.${name}: is missing`);
  return params[name];
};

/** Questions that have a name (dci.md §5.2e), so that a client needs no query language for the two usual ones. */
const named: ReadonlyMap<string, (params: Params) => Condition> = new Map([
  [
    'by_identifier',
    (params: Params): Condition => ({
      op: 'identifier',
      type: String(need(params, 'type')),
      value: need(params, 'value'),
    }),
  ],
  [
    'by_demographics',
    (params: Params): Condition => {
      need(params, 'surname');
      need(params, 'birth_date');
      const given = demographics.filter((name) => !isBlank(params[name]));
      return and(given.map((name) => ({ op: 'compare', name, is: 'eq', value: params[name] })));
    },
  ],
]);

export const namedQueries = [...named.keys()];

/** `{name, params}`, or `{query_name, query_params}` as one peer writes it. */
export const readNamed = (query: Params): Condition => {
  const name = query['name'] ?? query['query_name'];
  const params = query['params'] ?? query['query_params'] ?? {};
  if (typeof name !== 'string') throw malformed('query.name: must name a query');
  if (!isObject(params)) throw malformed('query.params: must be an object');
  const read = named.get(name.replace(/([a-z])([A-Z])/g, '$1_$2').toLowerCase());
  if (!read) throw unserved(`the named query ${shown(name)} is not served; there are ${namedQueries.join(', ')}`);
  return read(params);
};
