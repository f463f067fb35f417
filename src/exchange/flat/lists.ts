import { toIdentifierTypeUri } from '../../registry/index.ts';
import { ID_TYPE_SYSTEM } from '../../registry/resource/index.ts';

/**
 * How the items of a list are told apart in a heading: by their own system (`identifier[national_id]`,
 * `telecom[phone]`; the bare heading is the item's value), or by number from 0, where the 0 may be left out.
 */
export type ListForm =
  | { readonly by: 'number' }
  | { readonly by: 'system'; readonly toKey: (system: string) => string; readonly toSystem: (key: string) => string };

const numbered: ListForm = { by: 'number' };

export const listForms: ReadonlyMap<string, ListForm> = new Map<string, ListForm>([
  [
    'identifier',
    {
      by: 'system',
      toKey: (uri) => (uri.startsWith(`${ID_TYPE_SYSTEM}#`) ? uri.slice(ID_TYPE_SYSTEM.length + 1) : uri),
      toSystem: (key) => (key.includes(':') ? key : toIdentifierTypeUri(key)),
    },
  ],
  ['telecom', { by: 'system', toKey: (system) => system, toSystem: (key) => key }],
  ['address', numbered],
  ['address.line', numbered],
  ['member', numbered],
  ['document', numbered],
]);
