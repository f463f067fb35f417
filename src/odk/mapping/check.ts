import type { Choices } from './choices.ts';
import type { Form } from './form.ts';
import type { Mapping } from './model.ts';
import type { Reading } from './reading.ts';

// What every form has and hardly any mapping wants: not worth a warning.
const housekeeping = new Set([
  'start',
  'end',
  'today',
  'deviceid',
  'username',
  'phonenumber',
  'audit',
  'simserial',
  'subscriberid',
]); // prettier-ignore

/** What is not wrong and yet worth saying: choices without a code, fields that nothing uses. */
export const findWarnings = (mapping: Mapping, reading: Reading, form: Form, choices: Choices): string[] => {
  const warnings: string[] = [];
  const seen = new Set<string>();
  for (const { path, field, vocabulary } of reading.choices) {
    const codes = mapping.vocabularies.get(vocabulary);
    for (const { name, labels } of choices.get(field.path) ?? []) {
      const key = `${field.path} ${vocabulary} ${name}`;
      if (codes?.has(name) || seen.has(key)) continue;
      seen.add(key);
      const label = Object.values(labels).filter(Boolean).join(' / ');
      const shown = label ? ` (${label})` : '';
      warnings.push(`${path}: the choice "${name}"${shown} of ${field.path} has no code in vocabulary ${vocabulary}`);
    }
  }
  for (const path of unusedFields(mapping, form)) warnings.push(`${path}: nothing in the mapping uses this field`);
  return warnings;
};

/** Paths of questions that no leaf reads. */
export const unusedFields = (mapping: Pick<Mapping, 'fields'>, form: Form): string[] =>
  [...form.byPath.values()]
    .filter(({ type }) => type !== 'structure' && type !== 'repeat' && type !== 'system')
    .filter(({ path, name }) => !mapping.fields.has(path) && !path.startsWith('meta.') && !housekeeping.has(name))
    .map(({ path }) => path);
