import assert from 'node:assert/strict';
import { generateSubmissions } from '../../src/demo/household-registration/generate.ts';
import { describeStore } from '../support/stores.ts';
import { type Field, householdOf, type Importer, membersOf, openField, openImporter } from './support.ts';

describeStore('the import of submissions', ({ database }) => {
  let field: Field;
  let importer: Importer;
  before(async () => {
    field = await openField();
    importer = openImporter(database());
    for (const { id, answers } of generateSubmissions(60)) field.form.submit(answers, { id });
    await importer.add(field);
  });
  after(async () => {
    await importer.close();
    await field.served.close();
  });

  it('makes every submission a household with its members, once', async () => {
    const report = await importer.odk.sync('pilot', { eager: true });
    assert.deepEqual([report.read, report.created, report.parked], [60, 60, 0]);
    const groups = await importer.everybody('group');
    assert.equal(groups.length, 60);
    for (const { id, answers } of generateSubmissions(60)) {
      const household = await householdOf(importer, id);
      const members = await membersOf(importer, household);
      const told = (answers['members'] as { member: { name: { given_name: string } }[] }).member;
      assert.deepEqual(
        members.map(({ other }) => other.kind === 'individual' && other.name?.given),
        told.map(({ name }) => name.given_name),
      );
      if (members.length > 0) assert.deepEqual(members[0]?.membership.roles, ['head']);
    }
  });

  it('changes nothing at the second time', async () => {
    const before = await importer.everybody('group');
    const { read, unchanged, created, updated } = await importer.odk.sync('pilot', { eager: true });
    assert.deepEqual([unchanged, created, updated], [read, 0, 0]);
    assert.deepEqual(await importer.everybody('group'), before);
  });
});
