export type { Answers } from './answers.ts';
export { createFakeCentral, type FakeCentral, type FakeCentralOptions, type Pace, type Trouble } from './central.ts';
export type { FakeForm, ReviewState, Submission } from './form.ts';
export { type ServedCentral, serveFakeCentral } from './server.ts';
