export type { Answers } from './answers.ts';
export {
  createFakeCentral,
  type FakeCentral,
  type FakeCentralOptions,
  type Pace,
  seenPace,
  type Trouble,
} from './central.ts';
export { currentOf, type Entity, type FakeDataset } from './dataset.ts';
export type { FakeForm, ReviewState, Submission } from './form.ts';
export { type ServedCentral, serveFakeCentral } from './server.ts';
