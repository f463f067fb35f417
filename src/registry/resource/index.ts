export { findUnstorable, type Problem } from './check.ts';
export type { IncomingFile, Reading, ReadOptions, ReadResource, WriteOptions } from './common.ts';
export { fromGroupResource, type ReadGroup, type ReadMember, toGroupResource } from './group.ts';
export {
  fromIndividualResource,
  type Resource,
  toIndividualResource,
  toReferenceJson,
} from './individual.ts';
export {
  type IdentifierKey,
  readReference,
  readSystemValue,
  referenceIdentifier,
  resourceTypes,
  toReference,
} from './references.ts';
export { MAX_PHOTO } from './schema.ts';
export {
  ID_TYPE_SYSTEM,
  MEMBERSHIP_SYSTEM,
  type ReadSystem,
  readIdTypeSystem,
} from './systems.ts';
