// A Central with made-up submissions at the speed of odk.md §16, in a process of its own: node central.ts COUNT.

import { createFakeCentral, seenPace, serveFakeCentral } from '../../src/demo/fake-central/index.ts';
import { householdRegistrationXml } from '../../src/demo/household-registration/form.ts';
import { generateSubmissions } from '../../src/demo/household-registration/generate.ts';
import { LOGIN } from './login.ts';

const central = createFakeCentral({ pace: seenPace });
central.addUser(LOGIN.email, LOGIN.password);
const form = central.createForm(householdRegistrationXml);
for (const { id, answers } of generateSubmissions(Number(process.argv[2]), 1)) form.submit(answers, { id });
const { url } = await serveFakeCentral(central);
process.stdout.write(`${JSON.stringify({ ready: true, url })}\n`);
process.once('SIGTERM', () => process.exit(0));
