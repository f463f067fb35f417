/** What `scripts/compile-schemas.js` makes of `schemas/`: one export per file. */
declare module '#validators' {
  import type { ErrorObject } from 'ajv';

  /** Says whether a value fits, and leaves what is wrong with it in `errors`. */
  export interface Validator {
    (value: unknown): boolean;
    errors?: ErrorObject[] | null;
  }

  export const acceptAck: Validator;
  export const acceptCallbackHeader: Validator;
  export const acceptDisabled: Validator;
  export const acceptEnrolled: Validator;
  export const acceptEnrollmentUpdates: Validator;
  export const acceptNotify: Validator;
  export const acceptOnSearch: Validator;
  export const acceptOnSubscribe: Validator;
  export const acceptOnUnsubscribe: Validator;
  export const acceptReceipt: Validator;
  export const acceptRequestHeader: Validator;
  export const acceptSearch: Validator;
  export const acceptSubscribe: Validator;
  export const acceptTxnOnStatus: Validator;
  export const acceptTxnStatus: Validator;
  export const acceptUnsubscribe: Validator;

  export const emitAck: Validator;
  export const emitDisabled: Validator;
  export const emitEnrolled: Validator;
  export const emitJwks: Validator;
  export const emitLocations: Validator;
  export const emitNotify: Validator;
  export const emitOnReceipt: Validator;
  export const emitOnSearch: Validator;
  export const emitOnSubscribe: Validator;
  export const emitOnUnsubscribe: Validator;
  export const emitSearch: Validator;
  export const emitSubscribe: Validator;
  export const emitTxnOnStatus: Validator;
  export const emitTxnStatus: Validator;
  export const emitUnsubscribe: Validator;
}
