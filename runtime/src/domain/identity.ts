import { type Scope, scopes } from "@bedplate/contract";

/** Who calls, and what they may do. */
export interface Identity {
  readonly name: string;
  /** `session` identities come from a cookie, so their unsafe requests must prove that our own page sent them. */
  readonly via: "token" | "session";
  readonly scopes: ReadonlySet<Scope>;
}

export const administratorScopes: ReadonlySet<Scope> = new Set(scopes);

/** A training job may log, register and predict; it may not promote, nor start other jobs. */
export const jobScopes: ReadonlySet<Scope> = new Set<Scope>([
  "self",
  "platform:read",
  "tracking:read",
  "tracking:write",
  "registry:read",
  "registry:write",
  "inference:call",
  "training:read",
]);

/** What a request presents to show who it is. */
export type Credential =
  | { readonly kind: "token"; readonly token: string }
  | { readonly kind: "session"; readonly token: string };

/**
 * Reads `Authorization`: a bearer token, or Basic where the password is the token and the user name is not looked at.
 * Sources: RFC 6750, RFC 7617. Null when there is none or it cannot be read.
 */
export function parseAuthorization(header: string | undefined): Credential | null {
  const match = /^(bearer|basic) +(\S+)$/i.exec(header ?? "");
  const scheme = match?.[1]?.toLowerCase();
  const value = match?.[2];
  if (scheme === undefined || value === undefined) return null;
  if (scheme === "bearer") return { kind: "token", token: value };
  const pair = Buffer.from(value, "base64").toString("utf8");
  const colon = pair.indexOf(":");
  return colon < 0 ? null : { kind: "token", token: pair.slice(colon + 1) };
}
