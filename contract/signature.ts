import { z } from "zod";

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, "a SHA-256 in lower-case hex");
const paths = z.array(z.string());

/** One signature of a version, judged against the files that the version has now. */
export const versionSignature = z.strictObject({
  /** SHA-256 of the public key as PEM, in hex: the name that OpenSSF Model Signing gives a key. */
  keyId: sha256,
  /** `platform` was made here when the version was registered or signed again; `uploaded` came from outside. */
  origin: z.enum(["platform", "uploaded"]),
  createdBy: z.string(),
  createdAt: z.int(),
  valid: z.boolean(),
  /** Why it is not valid, a sentence each. */
  problems: z.array(z.string()),
  /** Files that came after signing. */
  added: paths,
  /** Files that were signed and are gone. */
  removed: paths,
  /** Files that have other bytes than those signed. */
  changed: paths,
});
export type VersionSignature = z.infer<typeof versionSignature>;

/** What is known of the signatures of a version. One valid signature by a trusted key is enough. */
export const signatureReport = z.strictObject({
  model: z.string(),
  version: z.int(),
  state: z.enum(["valid", "missing", "invalid"]),
  /** Whether a version without a valid signature is refused when it is promoted or loaded. */
  required: z.boolean(),
  /** `digests`: what the registry says of each file was compared; `content`: all bytes were hashed again. */
  checked: z.enum(["digests", "content"]),
  signatures: z.array(versionSignature),
});
export type SignatureReport = z.infer<typeof signatureReport>;

/** The public half of the platform's signing key. */
export const signingKeyInfo = z.strictObject({ keyId: sha256, publicKey: z.string() });
export type SigningKeyInfo = z.infer<typeof signingKeyInfo>;
