import { createCipheriv, createDecipheriv, randomBytes, type ScryptOptions, scrypt } from 'node:crypto';
import { Fault } from '../core/fault.ts';

/** How the sealing key is made from the passphrase; stands beside what is sealed. */
export interface Sealing {
  readonly kdf: 'scrypt';
  readonly n: number;
  readonly r: number;
  readonly p: number;
  readonly salt: string;
}

/** Locks secrets with a passphrase: AES-256-GCM under a key made by scrypt. */
export interface Sealer {
  readonly sealing: Sealing;
  /** `label` is bound in: a sealed text put in another's place does not open. */
  seal(secret: string, label: string): string;
  open(sealed: string, label: string): string;
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

// 64 MiB and about a quarter of a second for each guess; asked once per start.
const defaults = { kdf: 'scrypt', n: 65_536, r: 8, p: 1 } as const;

const deriveKey = (passphrase: string, { n, r, p, salt }: Sealing): Promise<Buffer> => {
  const options: ScryptOptions = { N: n, r, p, maxmem: 256 * n * r };
  return new Promise((resolve, reject) =>
    scrypt(passphrase.normalize('NFC'), Buffer.from(salt, 'base64'), 32, options, (error, key) =>
      error ? reject(error) : resolve(key),
    ),
  );
};

const assertBearable = ({ kdf, n, r, p }: Sealing): void => {
  const bearable = kdf === 'scrypt' && n <= 1 << 20 && r <= 32 && p <= 16;
  if (!bearable) throw new Fault('key.unusable', 'the key file asks for an unknown or too costly key derivation');
};

/** A sealer for new secrets, or, with the `sealing` found beside them, for existing ones. */
export const createSealer = async (passphrase: string, sealing?: Sealing): Promise<Sealer> => {
  const used = sealing ?? { ...defaults, salt: randomBytes(16).toString('base64') };
  assertBearable(used);
  const key = await deriveKey(passphrase, used);
  return {
    sealing: used,
    seal(secret, label) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(label));
      const sealed = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
      return Buffer.concat([nonce, sealed, cipher.getAuthTag()]).toString('base64');
    },
    open(text, label) {
      const bytes = Buffer.from(text, 'base64');
      try {
        const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES), {
          authTagLength: TAG_BYTES,
        });
        decipher.setAAD(Buffer.from(label)).setAuthTag(bytes.subarray(-TAG_BYTES));
        const sealed = bytes.subarray(NONCE_BYTES, -TAG_BYTES);
        return Buffer.concat([decipher.update(sealed), decipher.final()]).toString('utf8');
      } catch (cause) {
        throw new Fault('key.unusable', 'the passphrase does not open our private keys', {}, { cause });
      }
    },
  };
};
