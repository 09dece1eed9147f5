import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomUUID,
} from "node:crypto";
import { link, mkdir, open, readdir, readFile, stat, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type KeyRing, keyIdOf } from "../domain/model-signature.ts";
import { Problem } from "../domain/problem.ts";
import { isPrivate } from "../ops/private-file.ts";

/** The platform's own key pair, and the keys of others that it trusts. */
export interface SigningKeys {
  /** Null where the platform signs nothing, because it has no place for a key. */
  readonly own: { readonly id: string; readonly privateKey: KeyObject; readonly publicKey: KeyObject } | null;
  /** Read again at each call, so that a key is trusted, or not any more, without a restart. */
  readonly trusted: () => Promise<KeyRing>;
}

const trustedLimit = 100;
const keyLimitBytes = 64 * 1024;

const reasonOf = (error: unknown) =>
  error instanceof Error && "code" in error
    ? String(error.code)
    : "it is not a key of a kind that signs models";

/**
 * Opens the platform's signing key, and makes one, ECDSA on P-256 in a file of mode 0600, where there is none. Throws a
 * `Problem` when the file cannot be read or written, when others than its owner may read it, or when it is no such key.
 */
export async function openSigningKeys(
  keyFile: string,
  trustedPath: string | undefined,
): Promise<SigningKeys> {
  const own = await openOwnKey(keyFile);
  return {
    own,
    trusted: async () => new Map([[own.id, own.publicKey], ...(await readTrusted(trustedPath))]),
  };
}

/** Keys of others only: nothing is signed here. */
export function foreignKeys(trustedPath: string | undefined): SigningKeys {
  return { own: null, trusted: () => readTrusted(trustedPath) };
}

async function openOwnKey(file: string) {
  try {
    const pem = (await readKeyFile(file)) ?? (await makeKey(file));
    const privateKey = createPrivateKey(pem);
    const publicKey = createPublicKey(privateKey);
    return { id: keyIdOf(publicKey), privateKey, publicKey };
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw new Problem("UNAVAILABLE", `The signing key ${file} cannot be used (${reasonOf(error)}).`);
  }
}

async function readKeyFile(file: string): Promise<string | null> {
  try {
    if (!isPrivate(await stat(file))) {
      throw new Problem(
        "UNAVAILABLE",
        `The signing key ${file} may be read by others; allow its owner only: chmod 600 ${file}`,
      );
    }
    return await readFile(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}

/** Written whole under another name and then linked, so that of several processes one makes the key and all read it. */
async function makeKey(file: string): Promise<string> {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${randomUUID()}.new`;
  const handle = await open(draft, "wx", 0o600);
  try {
    await handle.writeFile(pem);
    await handle.sync();
    await handle.close();
    await link(draft, file);
    return pem;
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    return await readFile(file, "utf8");
  } finally {
    await unlink(draft);
  }
}

async function readTrusted(folder: string | undefined): Promise<KeyRing> {
  const keys = new Map<string, KeyObject>();
  if (folder === undefined) return keys;
  const names = await readdir(folder).catch((error: unknown) => {
    throw new Problem(
      "UNAVAILABLE",
      `The folder of trusted keys ${folder} cannot be read (${reasonOf(error)}).`,
    );
  });
  const files = names.filter((name) => /\.(pem|pub)$/.test(name)).sort();
  if (files.length > trustedLimit) {
    throw new Problem("UNAVAILABLE", `${folder} holds ${files.length} keys; the limit is ${trustedLimit}.`);
  }
  for (const name of files) {
    const file = join(folder, name);
    try {
      if ((await stat(file)).size > keyLimitBytes) throw new Error("too large");
      const key = createPublicKey(await readFile(file));
      keys.set(keyIdOf(key), key);
    } catch (error) {
      throw new Problem("UNAVAILABLE", `The trusted key ${file} cannot be used (${reasonOf(error)}).`);
    }
  }
  return keys;
}
