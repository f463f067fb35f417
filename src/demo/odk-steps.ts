import type { Ground } from '../app.ts';
import type { PollReport } from '../odk/poll.ts';
import { createFakeCentral, type FakeForm, serveFakeCentral } from './fake-central/index.ts';
import { householdRegistrationXml } from './household-registration/form.ts';
import { generateSubmissions, type MadeUpSubmission } from './household-registration/generate.ts';
import { householdRegistrationMapping } from './household-registration/mapping.ts';
import { expect, type Steps } from './steps.ts';

/** An ODK Central of the demonstration, with a form that enumerators have been filling in. */
export interface DemoField {
  readonly url: string;
  readonly form: FakeForm;
  readonly submissions: readonly MadeUpSubmission[];
  close(): Promise<void>;
}

/** Somebody in the field, by what they can be searched with from outside. */
export interface DemoHousehold {
  readonly nationalId: string;
  readonly card: string;
}

const SOURCE = 'pilot';
const LOGIN = { email: 'importer@demo.example', password: 'made-up' };

interface Member {
  readonly name: { readonly given_name: string; readonly family_name: string };
  readonly document: readonly { readonly doc_type: string; readonly doc_number: string }[];
}
const membersOf = ({ answers }: MadeUpSubmission): readonly Member[] =>
  (answers['members'] as unknown as { readonly member: readonly Member[] }).member;

const openField = async (count: number): Promise<DemoField> => {
  const central = createFakeCentral();
  central.addUser(LOGIN.email, LOGIN.password);
  const form = central.createForm(householdRegistrationXml);
  // Another seed than that of tests, so that nobody takes these people for those.
  const submissions = [...generateSubmissions(count, 3)];
  for (const { id, answers } of submissions) form.submit(answers, { id });
  // What no form prevents: somebody's device knows a district that the mapping does not.
  const [first] = submissions;
  form.submit(
    { ...first?.answers, card_no: 'C3-wrong', district: 'd99', members: { member: [] } },
    { id: 'uuid:wrong' },
  );
  const { url, close } = await serveFakeCentral(central);
  return { url, form, submissions, close };
};

const inWords = ({ read, ...rest }: PollReport): string =>
  `${read} submissions read: ${Object.entries(rest)
    .filter(([, count]) => typeof count === 'number' && count > 0)
    .map(([what, count]) => `${String(count)} ${what}`)
    .join(', ')}`;

/** Field submissions become people and households. Answers one of them, for others to look for. */
export const importFromField = async (
  steps: Steps,
  { odk, registry }: Ground,
  count: number,
): Promise<{ readonly field: DemoField; readonly household: DemoHousehold }> => {
  const field = await steps.step('Start an ODK Central of our own make', async (say) => {
    const opened = await openField(count);
    say(`ODK Central: ${opened.url} holds ${count + 1} submissions of the form ${opened.form.xmlFormId}.`);
    return opened;
  });

  await steps.step('Add the form as a source, with a mapping', async (say) => {
    const { warnings } = await odk.add({
      name: SOURCE,
      given: { url: field.url, project: field.form.project, form: field.form.xmlFormId, email: LOGIN.email },
      credentials: LOGIN,
      mapping: `${householdRegistrationMapping}source: { poll: { every: 1h } }\n`,
    });
    say(`The mapping fits the form; ${warnings.length} notes, the first: ${warnings[0]}`);
    say('Look at: npx crosswalk odk add --help');
  });

  await steps.step('Preview: what would become of the newest submissions', async (say) => {
    const { rows } = await odk.preview(SOURCE, { limit: 2 });
    for (const { instanceId, outcome, reason, path, fields } of rows) {
      say(`${instanceId}: ${outcome}${reason === null ? '' : ` (${reason} at ${path})`}`);
      for (const { target, source, value } of fields.slice(0, 4)) {
        say(`   ${target} = ${JSON.stringify(value)}, from ${source}`);
      }
    }
    expect(rows.length === 2, `${rows.length} submissions were shown`);
  });

  await steps.step('Import them', async (say) => {
    const report = await odk.sync(SOURCE, { eager: true });
    say(inWords(report));
    expect(report.created === count && report.parked === 1, 'not every submission became a household');
  });

  await steps.step('Import again: nothing is doubled', async (say) => {
    const report = await odk.sync(SOURCE, { eager: true });
    say(inWords(report));
    expect(report.created + report.updated === 0, 'the second import changed something');
  });

  await steps.step(
    'A submission that cannot be mapped is named, and clears itself when the field mends it',
    async (say) => {
      const letters = (await odk.status(SOURCE)).sources[0]?.deadLetters ?? [];
      const [letter] = letters;
      expect(letters.length === 1 && letter !== undefined, `${letters.length} dead letters`);
      say(`${letter?.instanceId}: ${letter?.reason} at ${letter?.path}, where ${JSON.stringify(letter?.value)} stands`);
      const wrong = field.form.find('uuid:wrong')?.current[0]?.answers ?? {};
      field.form.edit('uuid:wrong', { ...wrong, district: 'd01' });
      const report = await odk.sync(SOURCE, { eager: true });
      say(`After the edit in Central: ${inWords(report)}`);
      expect(report.created === 1, 'the mended submission was not imported');
      say('Look at: npx crosswalk odk status --json, and docs/operators.md');
    },
  );

  return await steps.step('An edit in the field follows through: a member leaves', async (say) => {
    const large = field.submissions.find(
      (one) => membersOf(one).length > 2 && membersOf(one)[0]?.document[0]?.doc_type === 'nid',
    );
    expect(large !== undefined, 'there is no household of three whose head has a national id');
    const members = membersOf(large as MadeUpSubmission);
    const { id, answers } = large as MadeUpSubmission;
    const card = String(answers['card_no']);
    field.form.edit(id, { ...answers, members: { member: members.slice(0, -1) as never } });
    const report = await odk.sync(SOURCE, { eager: true });
    say(inWords(report));
    const [holder] = await registry.holders([{ type: 'card', value: card }]);
    const kin = (await registry.kinships([holder?.id ?? ''], { ended: true })).get(holder?.id ?? '') ?? [];
    const [live, ended] = [true, false].map((is) => kin.filter(({ membership }) => membership.live === is).length);
    say(`${answers['hh-name']}: ${live} members, ${ended} former.`);
    expect(live === members.length - 1 && ended === 1, 'the member was not taken out, or somebody else was');
    return { field, household: { nationalId: members[0]?.document[0]?.doc_number ?? '', card } };
  });
};
