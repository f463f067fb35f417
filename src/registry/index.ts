export { type Attribute, type AttributeType, attributeTypes, type Catalogue } from './attributes.ts';
export { createCatalogue, openName } from './catalogue.ts';
export { prepareDraft } from './draft.ts';
export {
  appendChanges,
  consumerPosition,
  lastPosition,
  moveConsumer,
  readFeed,
  readHistory,
  statesAfter,
} from './feed.store.ts';
export { type Change, type ChangeType, changeTypes, type MemberChange, type NewChange } from './feed.ts';
export {
  createTypeSearch,
  defaultIdentifierAliases,
  type IdentifierAliases,
  SYSTEM_ID,
  seededIdentifierTypes,
  toDciIdentifierType,
  toIdentifierType,
  toIdentifierTypeUri,
} from './identifier-types.ts';
export { dayOf, isLiveIdentifier, isLiveMembership } from './liveness.ts';
export * from './model.ts';
export * from './ports.ts';
export { type Merged, type MergeRules, merge, type Proposal, writerOf } from './provenance.ts';
export * from './query/ast.ts';
export { checkQuery, checkSort, findAttribute } from './query/check.ts';
export { coerce, isDate, tryCoerce } from './query/coerce.ts';
export { compareKeys, type EvaluateContext, evaluateQuery, memberDepth, sortRegistrants } from './query/evaluate.ts';
export { toDraft } from './registrant.store.ts';
export { createRegistry, type RegistryDeps } from './registry.ts';
export { searchedTables } from './search.store.ts';
export { readTombstones, type Tombstone } from './tombstones.store.ts';
export { fullName, type Key, toKey, valuesOf } from './values.ts';
