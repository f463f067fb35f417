import { isObject } from '../../core/json.ts';
import { all, type Condition, isBlank, malformed } from './condition.ts';

/** `{type, value}`, and the wrapped form `{type: "idtype-value", value: {id_type, id_value}}`. */
export const readIdtypeValue = (query: Readonly<Record<string, unknown>>): Condition => {
  const { type, value } = query as { type?: unknown; value?: unknown };
  if (isObject(value)) {
    const wrapped = value as { id_type?: unknown; id_value?: unknown; type?: unknown; value?: unknown } & {
      identifier_type?: unknown;
      identifier_value?: unknown;
    };
    const innerType = wrapped.id_type ?? wrapped.identifier_type ?? wrapped.type;
    const innerValue = wrapped.id_value ?? wrapped.identifier_value ?? wrapped.value;
    return readIdtypeValue({ type: innerType ?? type, value: isObject(innerValue) ? undefined : innerValue });
  }
  if (typeof type !== 'string' || type.trim() === '') throw malformed('query.type: must name an identifier type');
  if (isBlank(value) || typeof value === 'object') throw malformed('query.value: must be an identifier');
  if (type === '*' && value === '*') return all;
  return { op: 'identifier', type, value };
};
