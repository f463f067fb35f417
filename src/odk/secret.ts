import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from '../core/fault.ts';

/** Keeps passwords of ODK sources unreadable in the database: the key lies in `DATA_DIR`, a copy of the database opens nothing. */
export interface SecretBox {
  seal(secret: string, label: string): string;
  open(sealed: string, label: string): string;
}

const NONCE = 12;
const TAG = 16;

const readOrMake = (path: string): Buffer => {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  writeFileSync(draft, randomBytes(32), { mode: 0o600, flag: 'wx' });
  try {
    linkSync(draft, path); // the first of several processes wins; the others read its key
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft);
  }
  return readFileSync(path);
};

/** Opens the box whose key lies in `directory`; the key is made when it is first needed. */
export const openSecretBox = (directory: string): SecretBox => {
  let key: Buffer | undefined;
  const own = (): Buffer => {
    if (!key) {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      key = readOrMake(join(directory, 'odk-secrets.key'));
    }
    return key;
  };
  return {
    seal(secret, label) {
      const nonce = randomBytes(NONCE);
      const cipher = createCipheriv('aes-256-gcm', own(), nonce).setAAD(Buffer.from(label));
      const sealed = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64');
    },
    open(sealed, label) {
      const bytes = Buffer.from(sealed, 'base64');
      try {
        const decipher = createDecipheriv('aes-256-gcm', own(), bytes.subarray(0, NONCE)).setAAD(Buffer.from(label));
        decipher.setAuthTag(bytes.subarray(NONCE, NONCE + TAG));
        return Buffer.concat([decipher.update(bytes.subarray(NONCE + TAG)), decipher.final()]).toString('utf8');
      } catch (cause) {
        throw new Fault(
          'odk.login-refused',
          'the stored password does not open with the key in DATA_DIR; run odk add again',
          {},
          { cause },
        );
      }
    },
  };
};
