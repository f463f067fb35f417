import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Keeps secrets unreadable in the database: the key lies in `DATA_DIR`, so a copy of the database opens nothing. */
export interface SecretBox {
  /** `label` is bound in: a sealed text put in another's place does not open. */
  seal(secret: string, label: string): string;
  /** `undefined` when it does not open: another key, another label, or altered. */
  open(sealed: string, label: string): string | undefined;
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

/** Opens the box whose key lies in the file `path`; the key is made when it is first needed. */
export const openSecretBox = (path: string): SecretBox => {
  let key: Buffer | undefined;
  const own = (): Buffer => {
    if (!key) {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      key = readOrMake(path);
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
      } catch {
        return undefined;
      }
    },
  };
};
