import { Fault } from '../../core/fault.ts';

/** What a client may do: `individual:read`, narrowed to some fields or not (api-v2.md §3). */
export interface Scope {
  readonly resource: string;
  readonly action: string;
  /** The answer holds only these, besides `type` and `identifier`. */
  readonly fields?: readonly string[];
}

const resources = [
  'individual', 'group', 'program', 'program_membership', 'identifier', 'entitlement', 'cycle', 'product',
  'service_point', 'vocabulary', 'studio', 'statistics', 'change_request', 'data', 'gis', 'simulation', 'consent',
  'webhook', 'audit', 'odk',
]; // biome-ignore format: one list, read across
const actions = ['read', 'search', 'create', 'update', 'delete', 'approve', 'apply', 'write', 'geofence', 'all'];

/** Reads `RESOURCE:ACTION[=field,field]`. */
export const parseScope = (text: string): Scope => {
  const match = /^([a-z_]+):([a-z]+)(?:=(.+))?$/.exec(text);
  if (!match) throw new Fault('scope.invalid', `"${text}" is not a scope: expected RESOURCE:ACTION[=field,field]`);
  const [, resource = '', action = '', fields] = match;
  if (!resources.includes(resource))
    throw new Fault('scope.invalid', `"${resource}" is not a resource: one of ${resources.join(', ')}`);
  if (!actions.includes(action))
    throw new Fault('scope.invalid', `"${action}" is not an action: one of ${actions.join(', ')}`);
  const list = fields
    ?.split(',')
    .map((field) => field.trim())
    .filter((field) => field !== '');
  return list && list.length > 0 ? { resource, action, fields: list } : { resource, action };
};

export const showScope = ({ resource, action, fields }: Scope): string =>
  `${resource}:${action}${fields ? `=${fields.join(',')}` : ''}`;

/** Whether any of `scopes` allows `action` on `resource`; `all` allows every action. */
export const allows = (scopes: readonly Scope[], resource: string, action: string): boolean =>
  scopes.some((scope) => scope.resource === resource && (scope.action === action || scope.action === 'all'));
