/** What `scripts/compile-schemas.js` makes of `schemas/`: one export per file. */
declare module '#validators' {
  import type { ValidateFunction } from 'ajv';

  export const acceptAck: ValidateFunction;
  export const acceptCallbackHeader: ValidateFunction;
  export const acceptDisabled: ValidateFunction;
  export const acceptEncryptedMessage: ValidateFunction;
  export const acceptEnrolled: ValidateFunction;
  export const acceptEnrollmentUpdates: ValidateFunction;
  export const acceptNotify: ValidateFunction;
  export const acceptOnSearch: ValidateFunction;
  export const acceptOnSubscribe: ValidateFunction;
  export const acceptOnUnsubscribe: ValidateFunction;
  export const acceptReceipt: ValidateFunction;
  export const acceptRequestHeader: ValidateFunction;
  export const acceptSearch: ValidateFunction;
  export const acceptSubscribe: ValidateFunction;
  export const acceptTxnOnStatus: ValidateFunction;
  export const acceptTxnStatus: ValidateFunction;
  export const acceptUnsubscribe: ValidateFunction;

  export const emitAck: ValidateFunction;
  export const emitDisabled: ValidateFunction;
  export const emitEnrolled: ValidateFunction;
  export const emitJwks: ValidateFunction;
  export const emitLocations: ValidateFunction;
  export const emitNotify: ValidateFunction;
  export const emitOnReceipt: ValidateFunction;
  export const emitOnSearch: ValidateFunction;
  export const emitOnSubscribe: ValidateFunction;
  export const emitOnUnsubscribe: ValidateFunction;
  export const emitSearch: ValidateFunction;
  export const emitSubscribe: ValidateFunction;
  export const emitTxnOnStatus: ValidateFunction;
  export const emitTxnStatus: ValidateFunction;
  export const emitUnsubscribe: ValidateFunction;
}
