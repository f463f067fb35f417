import { generateSubmissions } from '../../src/demo/household-registration/generate.ts';
import { householdRegistrationMapping } from '../../src/demo/household-registration/mapping.ts';
import { type Field, openField } from './support.ts';

/** Every kind of record: households, people, identifiers, enrolments, and what cannot be imported. */
export const wholeMapping = `${householdRegistrationMapping
  .replace('  attributes:\n', '  programmes: { choices: programmes, vocabulary: programme }\n  attributes:\n')
  .replace('    given: name.given_name', '    given: name.given_name\n    programmes: { const: [school] }')}
source: { onDelete: retire, poll: { every: 1s, overlap: 30s, pageSize: 5 } }
`;

/** A Central in which people work in steps, the same for each that is opened; its clock stands still in between. */
export interface ChangingField extends Field {
  /** What comes in at first. */
  begin(): void;
  /** The next step: households come in, some are corrected, some deleted, some back, some cannot be imported. */
  goOn(): void;
  readonly steps: () => number;
}

export const openChangingField = async (): Promise<ChangingField> => {
  let now = Date.parse('2026-11-10T08:00:00.000Z');
  let steps = 0;
  const field = await openField({ clock: () => now });
  const { form } = field;
  const made = generateSubmissions(100_000, 20);
  const later = (change: () => void): void => {
    now += 1000;
    change();
  };
  const submit = (count: number, more: Record<string, string> = {}): void => {
    for (let n = 0; n < count; n += 1) {
      const { id, answers } = made.next().value as { id: string; answers: Record<string, never> };
      later(() => form.submit({ ...answers, ...more }, { id }));
    }
  };
  /** Every so many-th submission, others in each step. */
  const some = (every: number) => form.submissions.filter(({ row }) => row % every === steps % every);

  return {
    ...field,
    steps: () => steps,
    begin: () => submit(300),
    goOn() {
      steps += 1;
      submit(120);
      submit(1, { district: 'd99' });
      submit(1, { 'reg-date': '', reg_date: '31/12/2026' });
      for (const { id, current, deletedAt } of some(13)) {
        if (deletedAt !== null) continue;
        const answers = current.at(-1)?.answers ?? {};
        const { member } = answers['members'] as unknown as { member: Record<string, never>[] };
        // Whoever is not the head leaves, one after the other; the names of programmes come and go.
        const members = { member: member.filter((_, at) => at !== 1) };
        later(() => form.edit(id, { ...answers, members, programmes: steps % 2 ? 'cash' : 'food', rooms: '7' }));
      }
      for (const { id, deletedAt } of some(29)) later(() => void (deletedAt ? form.restore(id) : form.remove(id)));
      // Two of one card: the second is parked.
      submit(2, { card_no: `twice-${steps}` });
    },
  };
};
