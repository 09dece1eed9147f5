import { createHash, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { z } from "zod";

/** The files of a model: path below its folder, and SHA-256 in hex. */
export type Manifest = ReadonlyMap<string, string>;

/** What became of a signature when it was held against keys and files. Valid when there is no problem. */
export interface Verdict {
  /** The trusted key that made it; null where none did. */
  readonly keyId: string | null;
  /** A sentence each. */
  readonly problems: readonly string[];
  /** Files that are there and were not signed. */
  readonly added: readonly string[];
  /** Files that were signed and are not there. */
  readonly removed: readonly string[];
  /** Files that have another digest than the one signed. */
  readonly changed: readonly string[];
}

/** Keys by their id. */
export type KeyRing = ReadonlyMap<string, KeyObject>;

export const bundleMediaType = "application/vnd.dev.sigstore.bundle.v0.3+json";
const payloadType = "application/vnd.in-toto+json";
const statementType = "https://in-toto.io/Statement/v1";
const predicateType = "https://model_signing/signature/v1.0";

/** Hash that goes with each curve. Source: OpenSSF Model Signing v1.0, key-based signing. */
const hashes: Readonly<Record<string, string>> = {
  prime256v1: "sha256",
  secp384r1: "sha384",
  secp521r1: "sha512",
};

/** Only one spelling of the same bytes is taken, so that no character of a bundle can change unseen. */
const base64 = z
  .string()
  .refine((text) => Buffer.from(text, "base64").toString("base64") === text, "not base64");
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, "not a SHA-256 in lower-case hex");

const bundleSchema = z.strictObject({
  mediaType: z.literal(bundleMediaType),
  verificationMaterial: z.strictObject({
    publicKey: z.strictObject({ hint: z.string().nullish() }),
    tlogEntries: z.array(z.unknown()).max(0).optional(),
    timestampVerificationData: z.unknown().optional(),
  }),
  dsseEnvelope: z.strictObject({
    payload: base64,
    payloadType: z.literal(payloadType),
    signatures: z.array(z.strictObject({ sig: base64, keyid: z.string().optional() })).length(1),
  }),
});

/** Source: OpenSSF Model Signing v1.0; its verifiers ignore fields that they do not know. */
const statementSchema = z.looseObject({
  _type: z.literal(statementType),
  subject: z.array(z.looseObject({ name: z.string(), digest: z.looseObject({ sha256 }) })).length(1),
  predicateType: z.literal(predicateType),
  predicate: z.looseObject({
    serialization: z.looseObject({
      method: z.literal("files"),
      hash_type: z.literal("sha256"),
      ignore_paths: z.array(z.string()).optional(),
    }),
    resources: z.array(
      z.looseObject({ name: z.string().min(1), algorithm: z.literal("sha256"), digest: sha256 }),
    ),
  }),
});
type Statement = z.infer<typeof statementSchema>;

/** The name of a public key: SHA-256 of its PEM, as the `model-signing` package gives it. Throws for other keys. */
export function keyIdOf(key: KeyObject): string {
  hashOf(key);
  return createHash("sha256").update(pemOf(key)).digest("hex");
}

export const pemOf = (key: KeyObject): string => key.export({ type: "spki", format: "pem" }).toString();

function hashOf(key: KeyObject): string {
  const hash = hashes[key.asymmetricKeyDetails?.namedCurve ?? ""];
  if (hash === undefined) throw new Error("only ECDSA keys on P-256, P-384 and P-521 sign models");
  return hash;
}

/** Pre-authentication encoding: what is signed in place of the payload. Source: DSSE v1.0. */
function preAuthentication(payload: Buffer): Buffer {
  return Buffer.concat([
    Buffer.from(`DSSEv1 ${payloadType.length} ${payloadType} ${payload.length} `),
    payload,
  ]);
}

function rootDigest(digests: readonly string[]): string {
  const root = createHash("sha256");
  for (const digest of digests) root.update(Buffer.from(digest, "hex"));
  return root.digest("hex");
}

/** Signs the files of a model: a sigstore bundle as JSON, as `model_signing sign key` writes it. */
export function signManifest(name: string, manifest: Manifest, privateKey: KeyObject): string {
  const resources = [...manifest]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, digest]) => ({ name: path, algorithm: "sha256", digest }));
  const statement = {
    _type: statementType,
    subject: [{ name, digest: { sha256: rootDigest(resources.map(({ digest }) => digest)) } }],
    predicateType,
    predicate: {
      serialization: { method: "files", hash_type: "sha256", allow_symlinks: false },
      resources,
    },
  };
  const payload = Buffer.from(JSON.stringify(statement));
  const publicKey = createPublicKey(privateKey);
  const signature = sign(hashOf(publicKey), preAuthentication(payload), privateKey);
  return JSON.stringify({
    mediaType: bundleMediaType,
    verificationMaterial: { publicKey: { hint: keyIdOf(publicKey) }, tlogEntries: [] },
    dsseEnvelope: {
      payload: payload.toString("base64"),
      payloadType,
      signatures: [{ sig: signature.toString("base64"), keyid: "" }],
    },
  });
}

/**
 * Holds a bundle against the files that a model has. The key is chosen from those that are trusted, never taken from
 * the bundle; nothing of the statement is looked at before the signature over it is found to be good.
 */
export function verifyBundle(text: string, manifest: Manifest, trusted: KeyRing): Verdict {
  const bundle = bundleSchema.safeParse(parseJson(text));
  if (!bundle.success) return refuse(null, describe("The bundle", bundle.error));
  const { verificationMaterial, dsseEnvelope } = bundle.data;
  const payload = Buffer.from(dsseEnvelope.payload, "base64");
  const signature = Buffer.from(dsseEnvelope.signatures[0]?.sig ?? "", "base64");
  const { hint } = verificationMaterial.publicKey;
  const candidates = [...trusted].filter(([id]) => hint === undefined || hint === null || hint === id);
  if (candidates.length === 0) {
    return refuse(null, [`No trusted key has the id "${String(hint).slice(0, 64)}" that the bundle names.`]);
  }
  const signed = candidates.find(([, key]) =>
    verify(hashOf(key), preAuthentication(payload), key, signature),
  );
  if (signed === undefined) return refuse(null, ["The signature does not fit the statement and the key."]);
  const [keyId] = signed;
  const statement = statementSchema.safeParse(parseJson(payload.toString("utf8")));
  if (!statement.success) return refuse(keyId, describe("The statement", statement.error));
  return compare(keyId, statement.data, manifest);
}

function compare(keyId: string, statement: Statement, manifest: Manifest): Verdict {
  const { serialization, resources } = statement.predicate;
  const signed = new Map(resources.map(({ name, digest }) => [name, digest]));
  const problems: string[] = [];
  if (signed.size !== resources.length) problems.push("The statement names a file twice.");
  if (rootDigest(resources.map(({ digest }) => digest)) !== statement.subject[0]?.digest.sha256) {
    problems.push("The statement's root digest is not that of its files.");
  }
  const ignored = serialization.ignore_paths ?? [];
  const added = [...manifest.keys()].filter((path) => !signed.has(path) && !isIgnored(path, ignored));
  const removed = [...signed.keys()].filter((path) => !manifest.has(path));
  const changed = [...signed].filter(([path, digest]) => (manifest.get(path) ?? digest) !== digest);
  if (added.length > 0) problems.push(`${added.length} file(s) came after signing.`);
  if (removed.length > 0) problems.push(`${removed.length} signed file(s) are gone.`);
  if (changed.length > 0) problems.push(`${changed.length} file(s) have other bytes than those signed.`);
  return { keyId, problems, added, removed, changed: changed.map(([path]) => path) };
}

const repositoryFiles: ReadonlySet<string> = new Set([".git", ".github", ".gitattributes", ".gitignore"]);

/** A signer may leave out what its tool leaves out by itself, the repository's own files and the signature; nothing else. */
function isIgnored(path: string, ignored: readonly string[]): boolean {
  const [first = ""] = path.split("/");
  if (!repositoryFiles.has(first) && !path.endsWith(".sig")) return false;
  return ignored.some((one) => path === one || path.startsWith(`${one}/`));
}

const refuse = (keyId: string | null, problems: readonly string[]): Verdict => ({
  keyId,
  problems,
  added: [],
  removed: [],
  changed: [],
});

function describe(what: string, error: z.ZodError): readonly string[] {
  const of = (path: readonly PropertyKey[]) => (path.length === 0 ? "" : ` at ${path.join(".")}`);
  return error.issues
    .slice(0, 10)
    .map((issue) => `${what} is not one we can check${of(issue.path)}: ${issue.message}.`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
