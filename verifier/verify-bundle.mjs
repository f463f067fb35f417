#!/usr/bin/env node
// Verifies a bundle that `crosswalk ledger export` wrote: who sent which message, whether its signature holds, and
// that nothing was altered, removed or put in another order since.
//
//     node verify-bundle.mjs BUNDLE [--jwks FILE] [--json]        exit status: 0 sound, 1 not sound, 2 wrong usage
//
// This file is the whole program. It needs Node 20 or later and nothing else: no packages, no network, no
// configuration, no database. Copy it alone wherever you like, and read it before you believe it.
//
// How a ledger works. Each entry is one line of JSON, its *leaf*. Leaves are hashed into a tree (RFC 6962): pairs of
// hashes are hashed again until one is left, the *root*. Change, drop, add or move one leaf and the root is another.
// From time to time the server signs a *checkpoint*: the number of entries and the root at that moment. A leaf does
// not hold the message itself but a hash of it behind a random salt, so that a message can be erased (with its salt)
// while everything else stays provable. An erasure is an entry too.
//
// The parts below, in order: 1 tree · 2 JSON · 3 signatures of messages · 4 checkpoints · 5 the check of a ledger,
// entry by entry · 6 reading a bundle · 7 command line.

import { constants, createHash, createPublicKey, verify } from 'node:crypto';
import { createReadStream, openSync, readFileSync, readSync, closeSync, realpathSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { createGunzip } from 'node:zlib';

// ---------------------------------------------------------------------------------------------------------- 1 tree

const sha256 = (...parts) => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

// Leaves and inner nodes start with different bytes, so that neither can pass for the other (RFC 6962 §2.1).
const LEAF = Buffer.of(0);
const NODE = Buffer.of(1);
export const leafHash = (leaf) => sha256(LEAF, leaf);
const nodeHash = (left, right) => sha256(NODE, left, right);
const EMPTY_ROOT = sha256();

/**
 * A tree as far as it has grown: the roots of the perfect subtrees it consists of, left to right. Pushing a subtree
 * beside one of its own size joins the two, as carrying does when one counts in binary; `completed` hears of it.
 */
const push = (subtrees, level, hash, completed) => {
  let node = { level, hash };
  while (subtrees.length > 0 && subtrees.at(-1).level === node.level) {
    node = { level: node.level + 1, hash: nodeHash(subtrees.pop().hash, node.hash) };
    completed?.(node.level, node.hash);
  }
  subtrees.push(node);
};

const rootOf = (subtrees) =>
  subtrees.length === 0 ? EMPTY_ROOT : subtrees.map(({ hash }) => hash).reduceRight((right, left) => nodeHash(left, right));

/** The levels of the perfect subtrees that make up the leaves from `begin` up to `end`, left to right. */
const levelsBetween = (begin, end) => {
  const levels = [];
  for (let at = begin; at < end; at += 2 ** levels.at(-1)) {
    let level = 0;
    while (at % 2 ** (level + 1) === 0 && at + 2 ** (level + 1) <= end) level += 1;
    levels.push(level);
  }
  return levels;
};

/** The root that follows from a leaf and its audit path (RFC 9162 §2.1.3.2); nothing when the path does not fit. */
const rootByInclusion = (leaf, seq, size, path) => {
  if (!(seq >= 0 && seq < size)) return undefined;
  let [at, last, hash] = [seq, size - 1, leaf];
  for (const sibling of path) {
    if (last === 0) return undefined;
    if (at % 2 === 1 || at === last) {
      hash = nodeHash(sibling, hash);
      while (at % 2 === 0 && at !== 0) [at, last] = [at / 2, Math.floor(last / 2)];
    } else hash = nodeHash(hash, sibling);
    [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  }
  return last === 0 ? hash : undefined;
};

// ---------------------------------------------------------------------------------------------------------- 2 JSON

// Signatures cover numbers as they were written (`1.0` is not `1`), which JSON.parse forgets. So messages are read
// by this small reader: strings become strings, objects maps, and a number becomes the text it was written as.

class Lexeme {
  constructor(text) {
    this.text = text;
  }
}

const MAX_DEPTH = 1000;
const SCALAR = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null/y;
const SPACE = /[ \t\r\n]*/y;

const readJson = (text) => {
  let at = 0;
  const take = (pattern) => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found === undefined) throw new Error(`not JSON at character ${at}`);
    at += found.length;
    return found;
  };
  const next = () => {
    take(SPACE);
    return text[at];
  };
  const expect = (character) => {
    if (next() !== character) throw new Error(`not JSON at character ${at}`);
    at += 1;
  };
  const readString = () => {
    const start = at;
    expect('"');
    while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
    at += 1;
    return JSON.parse(text.slice(start, at));
  };
  const readList = (close, readItem) => {
    at += 1;
    if (next() === close) {
      at += 1;
      return;
    }
    for (;;) {
      readItem();
      if (next() === close) break;
      expect(',');
    }
    at += 1;
  };
  const readValue = (depth) => {
    if (depth > MAX_DEPTH) throw new Error('nested too deeply');
    const first = next();
    if (first === '"') return readString();
    if (first === '[') {
      const items = [];
      readList(']', () => items.push(readValue(depth + 1)));
      return items;
    }
    if (first === '{') {
      const members = new Map();
      readList('}', () => {
        next();
        const key = readString();
        if (members.has(key)) throw new Error(`the key ${JSON.stringify(key)} twice`);
        expect(':');
        members.set(key, readValue(depth + 1));
      });
      return members;
    }
    return new Lexeme(take(SCALAR));
  };
  const value = readValue(1);
  if (next() !== undefined) throw new Error(`not JSON at character ${at}`);
  return value;
};

/** By code point, as databases and Python order text; JavaScript's own order differs beyond the basic plane. */
const byCodePoint = (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** Canonical JSON: keys in order, no blanks, text unescaped, numbers as they were written. */
const canonical = (value) => {
  if (typeof value === 'string') return JSON.stringify(value);
  if (value instanceof Lexeme) return value.text;
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  const keys = [...value.keys()].sort(byCodePoint);
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(value.get(key))}`).join(',')}}`;
};

/** The same with everything beyond printable ASCII written as \uXXXX, as Python does by default. */
const escaped = (text) =>
  text.replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

// ---------------------------------------------------------------------------------------- 3 signatures of messages

// What is worked out of a key is worked out once and kept: reading one costs as much as a signature.
const oncePerKey = (work) => {
  const known = new Map();
  return ({ kty, crv, x, y, n, e }) => {
    const name = `${kty} ${crv} ${x} ${y} ${n} ${e}`;
    if (!known.has(name)) {
      const result = work({ kty, crv, x, y, n, e });
      if (known.size >= 1000) known.clear();
      known.set(name, result);
    }
    return known.get(name);
  };
};

const keyObject = oncePerKey((key) => createPublicKey({ key, format: 'jwk' }));

const thumbprint = oncePerKey(({ kty, crv, x, y, n, e }) => {
  // RFC 7638: the members that make the key, in order.
  const members = kty === 'RSA' ? { e, kty, n } : kty === 'EC' ? { crv, kty, x, y } : { crv, kty, x };
  return sha256(JSON.stringify(members)).toString('base64url');
});

// The algorithms that count; `none` and HMAC are not among them. The key must be of the kind the algorithm demands.
const algorithms = {
  EdDSA: (key, data, signature) => key.asymmetricKeyType === 'ed25519' && verify(null, data, key, signature),
  RS256: (key, data, signature) => key.asymmetricKeyType === 'rsa' && verify('sha256', data, key, signature),
  PS256: (key, data, signature) =>
    key.asymmetricKeyType === 'rsa' &&
    verify('sha256', data, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }, signature),
  ES256: (key, data, signature) =>
    key.asymmetricKeyType === 'ec' &&
    key.asymmetricKeyDetails.namedCurve === 'prime256v1' &&
    verify('sha256', data, { key, dsaEncoding: 'ieee-p1363' }, signature),
};
const verifyWith = (algorithm, key, data, signature) =>
  Object.hasOwn(algorithms, algorithm) && algorithms[algorithm](key, Buffer.from(data), signature);

const signedPart = (header, message) => canonical(new Map([['header', header], ['message', message]]));

// Some signers sign the header with these members filled in, whether or not they send them.
const REQUEST_DEFAULTS = {
  version: '"1.0.0"', message_id: 'null', message_ts: 'null', action: 'null', sender_id: 'null', sender_uri: 'null',
  receiver_id: 'null', total_count: 'null', is_msg_encrypted: 'false', meta: 'null',
};
const CALLBACK_DEFAULTS = {
  ...REQUEST_DEFAULTS,
  status: 'null', status_reason_code: 'null', status_reason_message: 'null', completed_count: 'null',
};
const filledIn = (header, defaults) => {
  const filled = new Map(header);
  for (const [name, text] of Object.entries(defaults)) if (!filled.has(name)) filled.set(name, new Lexeme(text));
  return filled;
};

/** `kidId="…", created="…", …, signature="…"` over the times and the digest of the canonical message. */
const verifyString = (text, key, header, message) => {
  const parameters = new Map();
  for (const [, name, quoted, bare] of text.matchAll(/([A-Za-z]+)\s*=\s*(?:"([^"]*)"|([^\s",]+))/g)) {
    parameters.set(name, quoted ?? bare);
  }
  const kid = parameters.get('kidId') ?? parameters.get('keyId') ?? '';
  const named = (parameters.get('algorithm') ?? kid.split('|').at(-1)).toLowerCase();
  const algorithm = { ed25519: 'EdDSA', eddsa: 'EdDSA', rs256: 'RS256', 'rsa-sha256': 'RS256' }[named];
  const covered = (parameters.get('headers') ?? '').toLowerCase().split(/\s+/);
  if (!covered.includes('digest') || !(header instanceof Map)) return false;
  const signature = Buffer.from(parameters.get('signature') ?? '', 'base64');
  for (const form of [header, filledIn(header, REQUEST_DEFAULTS), filledIn(header, CALLBACK_DEFAULTS)]) {
    const raw = signedPart(form, message);
    for (const spelled of new Set([escaped(raw), raw])) {
      for (const label of ['', 'SHA-256=']) {
        const values = {
          '(created)': parameters.get('created'),
          '(expires)': parameters.get('expires'),
          digest: label + sha256(spelled).toString('base64'),
        };
        const lines = covered.map((name) => `${name}: ${values[name]}`).join('\n');
        if (verifyWith(algorithm, key, lines, signature)) return true;
      }
    }
  }
  return false;
};

const jwsAlgorithm = (encodedHeader) => {
  const header = JSON.parse(Buffer.from(encodedHeader, 'base64url').toString('utf8'));
  // An extension that must be understood is not: RFC 7515 §4.1.11, RFC 7797.
  return header.crit === undefined && header.b64 !== false ? header.alg : undefined;
};

const isSame = (a, b) => canonical(a) === canonical(b);

/** Leaves out members with the value a peer's software fills in by itself. */
const withoutDefaults = (value) => {
  if (Array.isArray(value)) return value.map(withoutDefaults);
  if (!(value instanceof Map)) return value;
  const isDefault = (key, inner) =>
    (key === 'is_msg_encrypted' && inner instanceof Lexeme && inner.text === 'false') ||
    (key === 'locale' && inner === 'eng');
  return new Map(
    [...value].filter(([key, inner]) => !isDefault(key, inner)).map(([key, inner]) => [key, withoutDefaults(inner)]),
  );
};

/** An attached compact JWS: signs a text of its own, which must say the same as the message around it. */
const verifyAttached = (text, key, header, message) => {
  const [protectedPart, payload, signature] = text.split('.');
  const data = `${protectedPart}.${payload}`;
  if (!verifyWith(jwsAlgorithm(protectedPart), key, data, Buffer.from(signature, 'base64url'))) return false;
  const signed = readJson(Buffer.from(payload, 'base64url').toString('utf8'));
  if (!(signed instanceof Map)) return false;
  return ['header', 'message'].every((part) => {
    const [inside, outside] = [signed.get(part), part === 'header' ? header : message];
    return inside !== undefined && outside !== undefined && isSame(withoutDefaults(inside), withoutDefaults(outside));
  });
};

/** A detached compact JWS (empty middle part) over the canonical message. */
const verifyDetached = (text, key, header, message) => {
  const [protectedPart, , signature] = text.split('.');
  const payload = Buffer.from(signedPart(header, message)).toString('base64url');
  return verifyWith(jwsAlgorithm(protectedPart), key, `${protectedPart}.${payload}`, Buffer.from(signature, 'base64url'));
};

const forms = { string: verifyString, jws: verifyAttached, 'detached-jws': verifyDetached };

/** Checks the signature inside a message's bytes under the recorded key; answers what is wrong, or nothing. */
export const checkSignature = (bytes, { form, key: jwk }) => {
  try {
    const envelope = readJson(bytes.toString('utf8'));
    const signature = envelope instanceof Map ? envelope.get('signature') : undefined;
    const [header, message] = [envelope.get('header'), envelope.get('message')];
    if (!Object.hasOwn(forms, form) || typeof signature !== 'string' || !header || message === undefined) {
      return 'the message carries no signature of the recorded form';
    }
    const holds = forms[form](signature.replace(/^\s*Signature:/i, '').trim(), keyObject(jwk), header, message);
    return holds ? undefined : 'the signature does not hold under the recorded key';
  } catch (error) {
    return `the signature cannot be checked: ${error.message}`;
  }
};

// --------------------------------------------------------------------------------------------------- 4 checkpoints

// A checkpoint is a signed note: lines of text, a blank line, signature lines `— NAME BASE64`. Its lines: name of the
// log, number of entries, root hash, and `time …`. The first four bytes of a signature are the id of the key.

const parseNote = (note) => {
  const end = note.indexOf('\n\n');
  const text = note.slice(0, end + 1);
  const [origin, size, root, ...more] = text.split('\n');
  const rootBytes = Buffer.from(root ?? '', 'base64');
  if (end < 0 || !/^(0|[1-9][0-9]{0,15})$/.test(size ?? '') || rootBytes.length !== 32) {
    throw new Error('not a signed checkpoint');
  }
  const time = more.find((line) => line.startsWith('time '))?.slice('time '.length);
  const signatures = note.slice(end + 2).split('\n').filter(Boolean).map((line) => {
    const [dash, name, encoded] = line.split(' ');
    if (dash !== '—' || !encoded) throw new Error('a signature line of the checkpoint cannot be read');
    const bytes = Buffer.from(encoded, 'base64');
    return { name, keyId: bytes.subarray(0, 4), signature: bytes.subarray(4) };
  });
  return { text, origin, size: Number(size), root: rootBytes, time, signatures };
};

const isNoteKey = (jwk) => jwk.kty === 'OKP' && jwk.crv === 'Ed25519' && typeof jwk.x === 'string';

const noteKeyId = (origin, jwk) => sha256(`${origin}\n`, Buffer.of(1), Buffer.from(jwk.x, 'base64url')).subarray(0, 4);

/** Whether one of `keys` signed the note in the name of its log: `yes`, `no`, or `unknown` when none says so. */
const isSignedBy = (note, keys) => {
  let answer = 'unknown';
  for (const jwk of keys.filter(isNoteKey)) {
    const id = noteKeyId(note.origin, jwk);
    for (const { name, keyId, signature } of note.signatures) {
      if (name !== note.origin || !keyId.equals(id)) continue;
      if (verifyWith('EdDSA', keyObject(jwk), note.text, signature)) return 'yes';
      answer = 'no';
    }
  }
  return answer;
};

// -------------------------------------------------------------------------------------------- 5 the check of a ledger

/** A set of entry numbers, one bit each: erased entries of a large ledger are remembered in little memory. */
class SeqSet {
  #pages = new Map();
  size = 0;
  #place(seq) {
    return [Math.floor(seq / 65536), (seq % 65536) >> 3, 1 << (seq & 7)];
  }
  has(seq) {
    const [page, byte, bit] = this.#place(seq);
    return ((this.#pages.get(page)?.bits[byte] ?? 0) & bit) !== 0;
  }
  add(seq) {
    if (this.has(seq)) return;
    const [number, byte, bit] = this.#place(seq);
    const page = this.#pages.get(number) ?? { bits: new Uint8Array(8192), count: 0 };
    this.#pages.set(number, page);
    page.bits[byte] |= bit;
    page.count += 1;
    this.size += 1;
  }
  delete(seq) {
    if (!this.has(seq)) return;
    const [number, byte, bit] = this.#place(seq);
    const page = this.#pages.get(number);
    page.bits[byte] &= ~bit;
    page.count -= 1;
    this.size -= 1;
    if (page.count === 0) this.#pages.delete(number);
  }
  *values() {
    for (const number of [...this.#pages.keys()].sort((a, b) => a - b)) {
      for (let seq = number * 65536; seq < (number + 1) * 65536; seq += 1) if (this.has(seq)) yield seq;
    }
  }
}

const MAX_PROBLEMS = 1000;
const MAX_KEYS_REPORTED = 10_000;

const TAIL_NOTE =
  'A tail that was cut off together with its checkpoints leaves no trace in what remains: compare with an earlier ' +
  'bundle or with what a witness has seen.';

/**
 * Checks a ledger fed to it in order: entries, and checkpoints at their place (after as many entries as they count).
 * It keeps no entry, so the size of the ledger does not matter.
 *
 * `keys`: the JWKs that may have signed checkpoints; with `allKeys: false` there may be older ones, which count when
 * a later checkpoint under a known key covers theirs. `from`: the number of the first entry, with the subtree roots
 * `left` of all entries before it. `completed` hears the root of each subtree that got full, with its first entry.
 */
export const createLedgerCheck = (options) => {
  const { keys, allKeys = true, from = 0, left = [], bodies: wantBodies = true, signatures: wantSignatures = true, completed } = options;
  const subtrees = [];
  const leftLevels = levelsBetween(0, from);
  if (left.length !== leftLevels.length) throw new Error('the proof of the part before the first entry does not fit');
  for (const [i, level] of leftLevels.entries()) push(subtrees, level, left[i]);

  const problems = [];
  const counts = { entries: 0, messages: 0, erased: 0, signatures: 0, checkpoints: 0, problems: 0 };
  const missingBodies = new SeqSet();
  const idsOfMissing = new Map();
  const trusted = new Map();
  let next = from;
  let hasGap = false; // entries are missing: no later root can be worked out
  let isDiverged = false; // a root did not fit: no later one will
  let lastTime = '';
  let lastCheckpoint;
  let unknown; // the newest checkpoint under a key that is not known
  let unknownCount = 0;
  let signatureMs = 0;

  const problem = (what, detail, where = {}) => {
    counts.problems += 1;
    if (problems.length < MAX_PROBLEMS) problems.push({ ...where, what, detail });
  };

  const note = (leaf, signature) => {
    const print = thumbprint(signature.key);
    const name = `${signature.sender} ${print}`;
    const known = trusted.get(name);
    if (known) {
      known.last = leaf.recorded_at;
      known.messages += 1;
    } else if (trusted.size < MAX_KEYS_REPORTED) {
      trusted.set(name, {
        sender_id: signature.sender,
        kid: signature.kid ?? signature.key.kid,
        thumbprint: print,
        form: signature.form,
        known_by: signature.key_source,
        first: leaf.recorded_at,
        last: leaf.recorded_at,
        messages: 1,
      });
    }
  };

  const checkBody = (leaf, where, salt, body) => {
    if (!wantBodies) return;
    if (!leaf.body) {
      if (body) problem('body-added', 'there is a message that was never recorded', where);
      return;
    }
    if (!body) {
      missingBodies.add(leaf.seq);
      if (idsOfMissing.size < MAX_PROBLEMS) idsOfMissing.set(leaf.seq, leaf.message_id);
      return;
    }
    const recorded = leaf.kept ?? leaf.body;
    const hash = salt?.length === 16 ? sha256(salt, body).toString('base64') : '';
    if (body.length !== recorded.size || hash !== recorded.hash) {
      problem('message-altered', 'the stored message is not the one that was recorded', where);
      return;
    }
    if (leaf.kind === 'message') counts.messages += 1;
    const { signature } = leaf;
    if (!signature?.verified || leaf.kept) return;
    if (!signature.key) {
      problem('signature', 'the entry says that the signature holds and names no key', where);
      return;
    }
    if (wantSignatures) {
      const started = performance.now();
      const wrong = checkSignature(body, signature);
      signatureMs += performance.now() - started;
      if (wrong) {
        problem('signature', wrong, where);
        return;
      }
      counts.signatures += 1;
    }
    note(leaf, signature);
  };

  const applyErasure = (leaf) => {
    if (!wantBodies) return;
    const erased = Array.isArray(leaf.facts?.erased) ? leaf.facts.erased : [];
    for (const seq of erased) {
      if (missingBodies.has(seq)) {
        missingBodies.delete(seq);
        idsOfMissing.delete(seq);
        counts.erased += 1;
      } else if (seq >= from && seq < next && !hasGap) {
        problem('erased-body', `entry ${leaf.seq} says that this message was erased, and there is one`, { seq });
      }
    }
  };

  const readLeaf = (text) => {
    try {
      const leaf = JSON.parse(text);
      return typeof leaf === 'object' && leaf !== null ? leaf : undefined;
    } catch {
      return undefined;
    }
  };

  return {
    problem,

    /** The next entry: `leaf` is its text, `hash` its leaf hash as it was recorded beside it. Answers the leaf read. */
    entry({ seq, leaf: text, hash: recordedHash, salt, body }) {
      if (!Number.isSafeInteger(seq)) {
        problem('unreadable', `what stands where entry ${next} should has no number`, { seq: next });
        return undefined;
      }
      if (seq > next) {
        hasGap = true;
        const last = seq - 1;
        problem('missing', next === last ? `entry ${next} is missing` : `entries ${next} to ${last} are missing`, { seq: next });
      }
      if (seq < next) {
        problem('order', `entry ${seq} stands where entry ${next} should`, { seq });
        return undefined;
      }
      next = seq + 1;
      counts.entries += 1;
      const hash = leafHash(text);
      const leaf = readLeaf(text);
      const where = { seq, message_id: leaf?.message_id };
      if (!recordedHash?.equals(hash)) {
        problem('altered', 'the entry is not the one whose hash was recorded', where);
      }
      // With the recorded hash the tree goes on as it was, so that one altered entry is one problem and not all that
      // follow; whether that hash is itself the old one, the next checkpoint tells.
      const tell = completed && !hasGap ? (level, root) => completed(level, next - 2 ** level, root) : undefined;
      push(subtrees, 0, recordedHash ?? hash, tell);
      if (!leaf) {
        problem('unreadable', 'the entry cannot be read', where);
        return undefined;
      }
      if (leaf.seq !== seq) problem('order', `this is the record of entry ${leaf.seq}`, where);
      if (leaf.recorded_at < lastTime) problem('time', 'the entry was recorded before the one in front of it', where);
      lastTime = leaf.recorded_at;
      checkBody(leaf, where, salt, body);
      if (leaf.kind === 'erasure') applyErasure(leaf);
      return leaf;
    },

    /** A checkpoint; `right` are the roots of the subtrees between here and its size, when it counts further. */
    checkpoint(text, right = []) {
      let parsed;
      try {
        parsed = parseNote(text);
      } catch (error) {
        problem('checkpoint', error.message, {});
        return;
      }
      const where = { size: parsed.size };
      counts.checkpoints += 1;
      const isSigned = isSignedBy(parsed, keys);
      if (isSigned === 'unknown' && !allKeys) {
        unknown = parsed;
        unknownCount += 1;
        return;
      }
      if (isSigned !== 'yes') {
        const wrong = isSigned === 'no' ? 'was altered: its signature does not hold' : 'is not signed by a known key';
        problem('checkpoint', `the checkpoint at ${parsed.size} entries ${wrong}`, where);
        return;
      }
      if (lastCheckpoint && parsed.origin !== lastCheckpoint.origin) {
        problem('checkpoint', `the checkpoint is that of another ledger, ${parsed.origin}`, where);
        return;
      }
      if (hasGap || isDiverged) return;
      const levels = levelsBetween(next, parsed.size);
      if (parsed.size < next) {
        problem('checkpoint', `the checkpoint at ${parsed.size} entries stands behind entry ${next - 1}`, where);
        return;
      }
      if (right.length !== levels.length) {
        const first = { ...where, seq: next };
        problem('missing', `a signed checkpoint counts ${parsed.size} entries, and there are ${next}`, first);
        return;
      }
      const whole = [...subtrees];
      for (const [i, level] of levels.entries()) push(whole, level, right[i]);
      if (!rootOf(whole).equals(parsed.root)) {
        isDiverged = true;
        const since = lastCheckpoint?.size ?? from;
        const range = next - 1 > since ? `entries ${since} to ${next - 1}` : `entry ${since}`;
        problem('root', `${range}: not all of them are what the checkpoint at ${parsed.size} entries signed`, { ...where, seq: since });
        return;
      }
      lastCheckpoint = parsed;
    },

    /** An entry from elsewhere in the tree, proved against the newest checkpoint; erasures are the reason to have it. */
    elsewhere({ seq, leaf: text, path }) {
      const leaf = readLeaf(text);
      const root = lastCheckpoint && rootByInclusion(leafHash(text), seq, lastCheckpoint.size, path);
      if (!root?.equals(lastCheckpoint.root) || leaf?.seq !== seq) {
        problem('altered', 'the entry is not in the tree that was signed', { seq });
      } else if (leaf.kind === 'erasure') applyErasure(leaf);
    },

    /** How many entries were seen, those before `from` included. */
    get size() {
      return next;
    },
    /** The root of all entries so far; nothing when some are missing. */
    get root() {
      return hasGap ? undefined : rootOf(subtrees);
    },
    get hasMissingBodies() {
      return missingBodies.size > 0;
    },
    get signatureMs() {
      return signatureMs;
    },
    /** The newest checkpoint that was found right. */
    get lastCheckpoint() {
      return lastCheckpoint;
    },

    /** The result, once all was fed. */
    finish() {
      for (const seq of missingBodies.values()) {
        if (counts.problems >= MAX_PROBLEMS) break;
        problem('message-missing', 'the message is gone, and no erasure is recorded', {
          seq,
          message_id: idsOfMissing.get(seq),
        });
      }
      if (unknown && unknown.size > (lastCheckpoint?.size ?? -1)) {
        problem('checkpoint', `the checkpoint at ${unknown.size} entries is not signed by a known key`, { size: unknown.size });
      }
      const unsigned = next - Math.max(lastCheckpoint?.size ?? 0, from);
      const notes = [TAIL_NOTE];
      if (unsigned > 0) notes.unshift(`The last ${unsigned} entries are covered by no checkpoint yet.`);
      if (unknownCount > 0) {
        notes.unshift(`${unknownCount} checkpoints are signed by keys that were not given; only later ones count.`);
      }
      if (!lastCheckpoint) notes.unshift('There is no checkpoint: nothing here was signed by the server.');
      return {
        ok: counts.problems === 0,
        messages: counts.messages,
        entries: counts.entries,
        erased: counts.erased,
        signatures: counts.signatures,
        checkpoints: counts.checkpoints,
        unsigned: Math.max(0, unsigned),
        origin: lastCheckpoint?.origin,
        size: lastCheckpoint?.size,
        root: lastCheckpoint?.root.toString('base64'),
        signed_at: lastCheckpoint?.time,
        problem_count: counts.problems,
        problems,
        trusted: [...trusted.values()],
        notes,
      };
    },
  };
};

// ----------------------------------------------------------------------------------------------- 6 reading a bundle

// One JSON object a line, plain or gzip: `header`, `key`…, then `entry` and `checkpoint` lines in order, for a part
// of a ledger `elsewhere` lines, and `end`.

const FORMAT = 'crosswalk-ledger-bundle/1';
const MAX_LINE = 64 * 1024 * 1024;

const startOf = (file) => {
  const descriptor = openSync(file, 'r');
  const start = Buffer.alloc(2);
  readSync(descriptor, start, 0, 2, 0);
  closeSync(descriptor);
  return start;
};
const isGzip = (file) => startOf(file).equals(Buffer.of(0x1f, 0x8b));

/** The lines of a file that may be larger than memory. */
async function* linesOf(file) {
  const source = createReadStream(file, { highWaterMark: 1 << 18 });
  const stream = isGzip(file) ? source.pipe(createGunzip()) : source;
  source.on('error', (error) => stream.destroy(error));
  let parts = [];
  let length = 0;
  for await (const chunk of stream) {
    let begin = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, begin)) {
      parts.push(chunk.subarray(begin, end));
      yield Buffer.concat(parts).toString('utf8');
      parts = [];
      length = 0;
      begin = end + 1;
    }
    if (begin < chunk.length) parts.push(chunk.subarray(begin));
    length += chunk.length - begin;
    if (length > MAX_LINE) throw new Error('a line is too long');
  }
  if (length > 0) yield Buffer.concat(parts).toString('utf8');
}

/** The objects of a bundle with their line numbers; a line that cannot be read has none. */
async function* recordsOf(file) {
  let line = 0;
  for await (const text of linesOf(file)) {
    line += 1;
    let record;
    try {
      record = JSON.parse(text);
    } catch {
      // said by whoever counts the entries
    }
    yield { line, record: typeof record === 'object' && record !== null ? record : undefined };
  }
}

const bytesOf = (base64) => (typeof base64 === 'string' ? Buffer.from(base64, 'base64') : undefined);

const bodyOf = (record) =>
  typeof record.text === 'string' ? Buffer.from(record.text, 'utf8') : bytesOf(record.base64);

const keysOfFile = (file) => {
  const document = JSON.parse(readFileSync(file, 'utf8'));
  return Array.isArray(document.keys) ? document.keys : [document];
};

/** The last checkpoint of a bundle (or of a file that holds one as text) that one of `keys` signed. */
export const lastCheckpointOf = async (file, keys) => {
  let last;
  const consider = (text) => {
    const parsed = parseNote(text);
    if (isSignedBy(parsed, keys) === 'yes' && (!last || parsed.size >= last.size)) last = { ...parsed, note: text };
  };
  if (!isGzip(file) && startOf(file)[0] !== '{'.charCodeAt(0)) {
    consider(readFileSync(file, 'utf8'));
    return last;
  }
  for await (const { record } of recordsOf(file)) {
    if (record?.type === 'checkpoint' && typeof record.note === 'string') consider(record.note);
  }
  return last;
};

/** How many entries a second were verified, the checks of messages' signatures apart, and how many of those. */
export const ratesOf = ({ entries, signatures }, seconds, signatureSeconds) => ({
  entries_per_second: Math.round(entries / Math.max(seconds - signatureSeconds, 1e-6)),
  signatures_per_second: signatures === 0 ? 0 : Math.round(signatures / Math.max(signatureSeconds, 1e-6)),
});

/** Verifies a bundle file; `jwks` names a file with the only keys to be believed. */
export const verifyBundle = async (file, { jwks } = {}) => {
  const started = performance.now();
  const given = jwks === undefined ? undefined : keysOfFile(jwks);
  let header;
  let check;
  let ended = false;
  let lastLine = 0;
  const own = [];
  const trouble = [];

  const open = () => {
    check ??= createLedgerCheck({
      keys: given ?? own,
      allKeys: given === undefined,
      from: header.from,
      left: (header.left ?? []).map((hash) => Buffer.from(hash, 'base64')),
      bodies: header.bodies !== false,
    });
    for (const [what, detail, where] of trouble.splice(0)) check.problem(what, detail, where);
    return check;
  };
  const say = (what, detail, where) => (check ? check.problem(what, detail, where) : trouble.push([what, detail, where]));

  try {
    for await (const { line, record } of recordsOf(file)) {
      lastLine = line;
      if (line === 1) {
        if (record?.type !== 'header' || record.format !== FORMAT) throw new Error('this is not a ledger bundle');
        header = record;
        continue;
      }
      switch (record?.type) {
        case 'key':
          if (record.jwk) own.push(record.jwk);
          break;
        case 'entry':
          open().entry({
            seq: record.seq,
            leaf: String(record.leaf),
            hash: bytesOf(record.hash),
            salt: bytesOf(record.salt),
            body: bodyOf(record),
          });
          break;
        case 'checkpoint':
          open().checkpoint(String(record.note), record.right?.map((hash) => Buffer.from(hash, 'base64')));
          break;
        case 'elsewhere':
          open().elsewhere({
            seq: record.seq,
            leaf: String(record.leaf),
            path: (record.path ?? []).map((hash) => Buffer.from(hash, 'base64')),
          });
          break;
        case 'end':
          ended = true;
          if (open().size !== header.to) {
            say('missing', `the bundle promises entries up to ${header.to - 1}`, { seq: open().size });
          }
          break;
        default:
          say('unreadable', `line ${line} of the bundle cannot be read`, { line, ...(check ? { seq: check.size } : {}) });
      }
    }
  } catch (error) {
    if (!header) throw error;
    open().problem('unreadable', `the bundle breaks off in line ${lastLine + 1}: ${error.message}`, { seq: open().size });
    ended = true;
  }
  if (!header) throw new Error('this is not a ledger bundle');
  if (!ended) open().problem('truncated', 'the bundle has no end: a part of the file is missing', { seq: open().size });
  const { notes, ...result } = open().finish();
  const seconds = (performance.now() - started) / 1000;
  const trust = given
    ? 'Checkpoints were believed only under the keys of the given file.'
    : 'Checkpoints were checked with the keys in the bundle itself: compare the keys with what the operator ' +
      'publishes, or give them with --jwks.';
  const part =
    header.from > 0 || (result.size !== undefined && header.to < result.size)
      ? [`This is a part of the ledger: entries ${header.from} to ${header.to - 1}.`]
      : [];
  return {
    ...result,
    from: header.from,
    to: header.to,
    keys: (given ?? own).filter(isNoteKey).map((jwk) => ({ kid: jwk.kid, thumbprint: thumbprint(jwk) })),
    seconds: Math.round(seconds * 1000) / 1000,
    ...ratesOf(result, seconds, check.signatureMs / 1000),
    notes: [...part, ...(header.bodies === false ? ['The bundle was made without the messages.'] : []), trust, ...notes],
  };
};

// -------------------------------------------------------------------------------------------------- 7 command line

/** The result as a person reads it. */
export const describe = (result) => {
  const lines = [];
  const altered = result.problem_count;
  lines.push(
    `${result.ok ? 'verified' : 'NOT SOUND'}: ${result.messages} messages, ${altered} ${altered === 1 ? 'problem' : 'problems'}` +
      ` (${result.entries} entries, ${result.erased} erased, ${result.signatures} signatures, ${result.checkpoints} checkpoints)`,
  );
  lines.push(
    `${result.seconds} s: ${result.entries_per_second} entries a second, signature checks apart ` +
      `(${result.signatures_per_second} of those a second)`,
  );
  if (result.origin) lines.push(`signed: ${result.origin}, ${result.size} entries, ${result.signed_at}, root ${result.root}`);
  for (const { seq, message_id: id, what, detail } of result.problems.slice(0, 50)) {
    const name = [seq === undefined ? '' : `entry ${seq}`, id === undefined ? '' : `message ${JSON.stringify(id)}`];
    lines.push(`  ${what}: ${name.filter(Boolean).join(', ')}${seq === undefined ? '' : ': '}${detail}`);
  }
  if (result.problem_count > 50) lines.push(`  … and ${result.problem_count - 50} more`);
  if (result.trusted.length > 0) lines.push('keys that verified messages, and for whom they were trusted:');
  for (const one of result.trusted.slice(0, 200)) {
    lines.push(
      `  ${one.sender_id}: ${one.kid ?? '(no key id)'} (${one.form}, known by ${one.known_by ?? 'unknown'}), ` +
        `${one.messages} messages from ${one.first} to ${one.last}, thumbprint ${one.thumbprint}`,
    );
  }
  lines.push(...result.notes);
  return lines.join('\n');
};

const main = async (args) => {
  const json = args.includes('--json');
  const jwks = args.includes('--jwks') ? args[args.indexOf('--jwks') + 1] : undefined;
  const files = args.filter((arg, i) => !arg.startsWith('--') && args[i - 1] !== '--jwks');
  if (files.length !== 1 || (args.includes('--jwks') && !jwks)) {
    process.stderr.write('usage: node verify-bundle.mjs BUNDLE [--jwks FILE] [--json]\n');
    return 2;
  }
  try {
    const result = await verifyBundle(files[0], { jwks });
    process.stdout.write(`${json ? JSON.stringify(result) : describe(result)}\n`);
    return result.ok ? 0 : 1;
  } catch (error) {
    process.stderr.write(`verify-bundle: ${error.message}\n`);
    return 1;
  }
};

if (process.argv[1] && import.meta.url === pathToFileURL(realpathSync(process.argv[1])).href) {
  process.exitCode = await main(process.argv.slice(2));
}
