import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { Problem } from "../domain/problem.ts";
import { isPrivate } from "../ops/private-file.ts";

/** Seals secrets for storage; `owner` is bound in, so that a sealed secret opens only where it was put. */
export interface Sealer {
  readonly seal: (text: string, owner: string) => string;
  /** Throws when the text was changed, moved, or sealed with another key. */
  readonly open: (sealed: string, owner: string) => string;
}

const algorithm = "aes-256-gcm";
const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;
const form = "v1";
const shortestKey = 32;

/** AES-256-GCM under a key that HKDF-SHA-256 (RFC 5869) derives from the given secret. */
export function createSealer(secret: string): Sealer {
  const key = Buffer.from(hkdfSync("sha256", secret, "", "bedplate webhook secrets v1", keyBytes));
  return {
    seal(text, owner) {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: tagBytes });
      cipher.setAAD(Buffer.from(owner));
      const sealed = Buffer.concat([nonce, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
      return `${form}.${sealed.toString("base64url")}`;
    },
    open(sealed, owner) {
      const [version, encoded] = sealed.split(".");
      const bytes = Buffer.from(encoded ?? "", "base64url");
      if (version !== form || bytes.length < nonceBytes + tagBytes) throw new Error("not a sealed secret");
      const decipher = createDecipheriv(algorithm, key, bytes.subarray(0, nonceBytes), {
        authTagLength: tagBytes,
      });
      decipher.setAAD(Buffer.from(owner));
      decipher.setAuthTag(bytes.subarray(-tagBytes));
      const text = decipher.update(bytes.subarray(nonceBytes, -tagBytes));
      return Buffer.concat([text, decipher.final()]).toString("utf8");
    },
  };
}

/** A sealer from a key file. Throws a `Problem` when the file cannot be read, others may read it, or it is too short. */
export async function openSealer(path: string): Promise<Sealer> {
  const refuse = (why: string) => new Problem("UNAVAILABLE", `The webhooks' key file ${path} ${why}`);
  const [text, facts] = await Promise.all([readFile(path, "utf8"), stat(path)]).catch((error: unknown) => {
    const code = error instanceof Error && "code" in error ? error.code : "unknown";
    throw refuse(`cannot be read (${code}).`);
  });
  if (!isPrivate(facts)) throw refuse(`may be read by others: chmod 600 ${path}`);
  if (text.trim().length < shortestKey) throw refuse(`holds fewer than ${shortestKey} characters.`);
  return createSealer(text.trim());
}
