import { createHash, createHmac } from "node:crypto";
import { canonicalJson } from "@bedplate/contract";
import { Problem } from "./problem.ts";

/** Longest key in characters; a UUID has 36. */
export const idempotencyKeyLength = 255;

/** A Structured Fields string (RFC 9651, section 3.3.3), as the draft has it. */
const quoted = /^"((?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"$/;
/** What most clients send: visible ASCII without quotes. */
const bare = /^[\x21\x23-\x7e]+$/;

/**
 * Reads the header `Idempotency-Key`, with or without quotes. Throws INVALID_REQUEST when it is empty, too long, not
 * ASCII or sent twice. Source: draft-ietf-httpapi-idempotency-key-header-07, section 2.1.
 */
export function parseIdempotencyKey(header: string): string {
  const inner = quoted.exec(header)?.[1]?.replaceAll(/\\(["\\])/g, "$1");
  const key = inner ?? (bare.test(header) ? header : "");
  if (key !== "" && key.length <= idempotencyKeyLength) return key;
  throw new Problem(
    "INVALID_REQUEST",
    `The header Idempotency-Key must be one text of 1 to ${idempotencyKeyLength} visible ASCII characters, such as ` +
      `a UUID; ${JSON.stringify(header.slice(0, 50))} with ${header.length} characters is not.`,
  );
}

/** Who asks for what under which key. */
export interface KeyedRequest {
  readonly owner: string;
  readonly route: string;
  readonly key: string;
  /** All that the request says: two requests are the same one when this is equal. */
  readonly content: unknown;
}

/** What is kept of a request: neither the key nor what it says can be read from it. */
export interface KeyedClaim {
  readonly owner: string;
  /** SHA-256 of owner, route and key: keys of others, and of other routes, are other keys. */
  readonly hash: string;
  /** HMAC of the content under the key. */
  readonly fingerprint: string;
}

export function claimOf({ owner, route, key, content }: KeyedRequest): KeyedClaim {
  const hash = createHash("sha256")
    .update(canonicalJson([owner, route, key]))
    .digest("hex");
  const fingerprint = createHmac("sha256", key).update(canonicalJson(content)).digest("hex");
  return { owner, hash, fingerprint };
}
