import { parseUniqueJson } from "./unique-json.ts";

type Fields = Readonly<Record<string, unknown>>;

/** A signed token whose signature nobody has checked yet. */
export interface CompactToken {
  readonly header: Fields & { readonly alg: string; readonly kid?: string };
  readonly payload: Fields;
}

/** Headers that would let a token say by which key, or by which extension of the rules, it is to be judged. */
const refusedHeaders = ["crit", "b64", "jwk", "jku", "x5u", "x5c", "zip", "enc"];
const keyIdLimit = 256;
const part = /^[A-Za-z0-9_-]+$/;
const utf8 = new TextDecoder("utf-8", { fatal: true });

/** Whether something has the form of a signed token, which no token of ours has. */
export const looksSigned = (token: string): boolean => /^[^.]+\.[^.]*\.[^.]*$/.test(token);

/**
 * Reads a JWS in compact form (RFC 7515, 3.1) as its signer must have written it: three parts of canonical base64url,
 * objects without a member twice, no header that points at a key of the token's own. Null for anything else, so that
 * two spellings of one token cannot both pass.
 */
export function readCompactToken(token: string, limitBytes: number): CompactToken | null {
  if (token.length > limitBytes) return null;
  const parts = token.split(".");
  const [head = "", body = "", signature = ""] = parts;
  if (parts.length !== 3 || !isCanonical(signature)) return null;
  const header = readObject(head);
  const payload = readObject(body);
  if (header === null || payload === null) return null;
  if (refusedHeaders.some((name) => Object.hasOwn(header, name))) return null;
  const { alg, kid } = header;
  if (typeof alg !== "string") return null;
  if (kid === undefined) return { header: { ...header, alg }, payload };
  if (typeof kid !== "string" || kid.length > keyIdLimit) return null;
  return { header: { ...header, alg, kid }, payload };
}

const isCanonical = (text: string) =>
  part.test(text) && Buffer.from(text, "base64url").toString("base64url") === text;

function readObject(text: string): Fields | null {
  if (!isCanonical(text)) return null;
  try {
    const value = parseUniqueJson(utf8.decode(Buffer.from(text, "base64url")));
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? { ...value } : null;
  } catch {
    return null;
  }
}
