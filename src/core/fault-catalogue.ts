/** What sort of refusal a fault is; every edge maps kinds to its own statuses. */
export const faultKinds = [
  'invalid',
  'unauthenticated',
  'forbidden',
  'not-found',
  'conflict',
  'gone',
  'too-large',
  'rate-limited',
  'unsupported',
  'untrusted-signature',
  'upstream',
  'unavailable',
  'internal',
] as const;
export type FaultKind = (typeof faultKinds)[number];

interface Entry {
  readonly kind: FaultKind;
  /** One line for the documentation page of the code. */
  readonly about: string;
}

/** Every fault of the system, sorted by code; a test keeps it sorted and mapped at each edge. */
export const catalogue = {
  'body.too-deep': { kind: 'invalid', about: 'The JSON document is nested deeper than the limit.' },
  'body.too-large': { kind: 'too-large', about: 'The body is larger than the limit.' },
  'body.unreadable': {
    kind: 'invalid',
    about: 'The body is not what its form promises: not JSON, not UTF-8, or a key twice.',
  },
  'client.invalid': { kind: 'invalid', about: 'A client setting is not usable.' },
  'client.unknown': { kind: 'not-found', about: 'No such API client.' },
  'config.invalid': { kind: 'invalid', about: 'The configuration has faults; all of them are listed.' },
  'database.busy': { kind: 'unavailable', about: 'The database stayed locked by another process for too long.' },
  'database.unavailable': { kind: 'unavailable', about: 'The database cannot be reached or opened.' },
  'dci.action-invalid': { kind: 'invalid', about: 'The header names an action that this path does not serve.' },
  'dci.answer-unusable': { kind: 'upstream', about: 'Another registry answered what cannot be read or used.' },
  'dci.ask-refused': { kind: 'upstream', about: 'Another registry refused what we asked.' },
  'dci.encryption-invalid': { kind: 'invalid', about: 'The encrypted message cannot be decrypted.' },
  'dci.item-rejected': {
    kind: 'invalid',
    about: 'One item of a DCI message is refused with a reason code of its own; the others are answered.',
  },
  'dci.message-duplicate': { kind: 'conflict', about: 'This message id was accepted from this sender before.' },
  'dci.operation-unserved': { kind: 'not-found', about: 'The DCI operation is not served at this path.' },
  'dci.pull-busy': { kind: 'conflict', about: 'Another process is asking this standing question.' },
  'dci.pull-unknown': { kind: 'not-found', about: 'No such standing question.' },
  'dci.receiver-invalid': { kind: 'invalid', about: 'The message is addressed to somebody else.' },
  'dci.request-invalid': { kind: 'invalid', about: 'The message does not fit its schema.' },
  'dci.sender-mismatch': { kind: 'forbidden', about: 'The token belongs to another sender than the header names.' },
  'dci.sender-unknown': { kind: 'forbidden', about: 'No such sender is registered.' },
  'dci.sender-uri-invalid': { kind: 'invalid', about: 'The callback address cannot be used.' },
  'dci.transaction-unknown': { kind: 'not-found', about: 'We began no such transaction with another registry.' },
  'dci.version-unsupported': { kind: 'unsupported', about: 'The protocol version is not served.' },
  'delivery.unknown': { kind: 'not-found', about: 'No such delivery, or none that can be sent again.' },
  'http.method-not-allowed': { kind: 'unsupported', about: 'The path exists, the method does not.' },
  'http.not-found': { kind: 'not-found', about: 'No such path.' },
  'identifier.ambiguous': { kind: 'conflict', about: 'An identifier matches more than one registrant.' },
  'identifier.taken': { kind: 'conflict', about: 'An identifier belongs to another registrant.' },
  'internal.bug': { kind: 'internal', about: 'A fault of this server; the log holds it under the trace id.' },
  'key.unusable': { kind: 'invalid', about: 'A key cannot be read or may not be used for this.' },
  'ledger.bundle-unreadable': { kind: 'invalid', about: 'The file is not a bundle of a ledger, or it cannot be read.' },
  'ledger.damaged': { kind: 'unavailable', about: 'The ledger is not what it was; verification tells where.' },
  'ledger.out-of-range': { kind: 'invalid', about: 'The ledger has no such entry, or not that many.' },
  'mapping.invalid': { kind: 'invalid', about: 'An ODK mapping has faults; all of them are listed.' },
  'net.refused': { kind: 'upstream', about: 'An outbound request is not allowed: address, scheme or redirect.' },
  'net.upstream': { kind: 'upstream', about: 'Another server failed or answered what it should not.' },
  'odk.form-encrypted': {
    kind: 'unsupported',
    about: 'The form is encrypted, and the source does not say `encrypted: park`.',
  },
  'odk.form-gone': { kind: 'gone', about: 'ODK Central has no such published form any more.' },
  'odk.login-refused': { kind: 'upstream', about: 'ODK Central refused the login.' },
  'odk.not-permitted': {
    kind: 'upstream',
    about: 'ODK Central does not let the account do what the source is set to.',
  },
  'odk.source-busy': { kind: 'conflict', about: 'Another process is working on this ODK source.' },
  'odk.source-invalid': { kind: 'invalid', about: 'A setting of an ODK source is not usable.' },
  'odk.source-paused': {
    kind: 'unavailable',
    about: 'Too many submissions in a row could not be mapped: the source stopped itself.',
  },
  'odk.source-unknown': { kind: 'not-found', about: 'No such ODK source.' },
  'peer.exists': { kind: 'conflict', about: 'A peer with this sender id exists already.' },
  'peer.invalid': { kind: 'invalid', about: 'A peer setting is not usable.' },
  'peer.not-askable': { kind: 'invalid', about: 'The peer has no address at which it can be asked.' },
  'peer.unknown': { kind: 'not-found', about: 'No such peer.' },
  'policy.refused': { kind: 'forbidden', about: 'The policy for this peer does not name what it asks for.' },
  'programme.not-found': { kind: 'not-found', about: 'No such programme.' },
  'query.invalid': {
    kind: 'invalid',
    about: 'A query names an unknown attribute or operator, or a value of the wrong type.',
  },
  'rate.limited': { kind: 'rate-limited', about: 'Too many requests.' },
  'record.invalid': { kind: 'invalid', about: 'A registrant record has faults.' },
  'record.version-conflict': { kind: 'conflict', about: 'The record was modified by another request.' },
  'registrant.not-found': { kind: 'not-found', about: 'No such registrant.' },
  'scope.invalid': { kind: 'invalid', about: 'A scope is not of the form RESOURCE:ACTION.' },
  'scope.missing': { kind: 'forbidden', about: 'The caller lacks a scope for this.' },
  'server.stopping': { kind: 'unavailable', about: 'The server is shutting down.' },
  'signature.invalid': {
    kind: 'untrusted-signature',
    about: 'The signature does not verify, has expired, or its key is not the sender’s.',
  },
  'signature.missing': { kind: 'untrusted-signature', about: 'The message is not signed and the sender must sign.' },
  'subscription.unknown': { kind: 'not-found', about: 'No such subscription, or it has ended.' },
  'token.invalid': { kind: 'unauthenticated', about: 'No bearer token, or one that is not valid.' },
} as const satisfies Record<string, Entry>;

export type FaultCode = keyof typeof catalogue;
