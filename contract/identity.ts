import { z } from "zod";
import { role, teamName } from "./team.ts";

/** Signature algorithms with a key pair: a secret that both sides know could be taken for a public key (RFC 8725, 2.1). */
export const tokenAlgorithms = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
  "Ed25519",
] as const;

/** What the `typ` of a token's header may be: an access token of RFC 9068, any JWT, or none at all. */
export const tokenTypes = ["at+jwt", "JWT", "absent"] as const;

const second = 1_000;
const hour = 3_600 * second;
const milliseconds = (least: number, most: number) =>
  z
    .int(`milliseconds, ${least} to ${most}`)
    .min(least, `milliseconds, at least ${least}`)
    .max(most, `milliseconds, at most ${most}`);
const bytes = (most: number) => z.int().min(1_024).max(most);

/** A claim by its name, or by a JSON pointer (RFC 6901) where it lies deeper: `/realm_access/roles`. */
const claim = z.string("a claim's name, or a JSON pointer such as /realm_access/roles").min(1).max(256);

/** What the members of one of the issuer's groups are here. */
export const grant = z.strictObject({
  group: z.string("the group's name in the token").min(1).max(512),
  role,
  /** The whole platform when left out. */
  team: teamName.optional(),
});
export type Grant = z.infer<typeof grant>;

const issuer = z
  .url({ protocol: /^https?$/, error: "the issuer's URL, exactly as it stands in its tokens" })
  .max(2_048)
  .refine((url) => !/[?#@]/.test(url), "no query, no fragment, no user name");

const reachable = z.object({ issuers: z.array(z.string()), allowedHosts: z.string() });

/** Whom the platform believes when a token says who calls, and what its groups may do. */
export const oidcSettings = z
  .strictObject(
    {
      /** Exactly as they stand in `iss`; all of them speak of the same people. */
      issuers: z.array(issuer, "a list of issuers").min(1, "at least one issuer").max(10),
      /** What a token's `aud` must hold. */
      audience: z.string("what a token's aud must hold").min(1).max(512),
      algorithms: z
        .array(z.enum(tokenAlgorithms))
        .min(1)
        .default(["RS256", "PS256", "ES256", "EdDSA", "Ed25519"]),
      tokenTypes: z.array(z.enum(tokenTypes)).min(1).default(["at+jwt"]),
      claims: z
        .strictObject({
          /** Who it is, in the audit log and for four eyes; `email` counts only when it is verified. */
          name: claim.default("sub"),
          groups: claim.default("groups"),
        })
        .prefault({}),
      grants: z.array(grant, "a list of {group, role, team}").max(10_000).default([]),
      /** Private hosts that an issuer may be at: host names, addresses and CIDR ranges, comma-separated; none by default. */
      allowedHosts: z
        .string()
        .max(4_096)
        .regex(/^[A-Za-z0-9.,:/_-]*$/, "host names, addresses and CIDR ranges separated by commas")
        .default(""),
      clockToleranceMs: milliseconds(0, 300 * second).default(30 * second),
      /** The longest that a token holds after it was issued, whatever it says. */
      tokenAgeMaxMs: milliseconds(60 * second, 366 * 24 * hour).default(24 * hour),
      tokenLimitBytes: bytes(15_000).default(8_192),
      /** How often an issuer's keys are fetched anew. */
      keysIntervalMs: milliseconds(second, 24 * hour).default(600 * second),
      /** How long keys are believed when they cannot be fetched; after that every token is answered 503. */
      keysAgeMaxMs: milliseconds(second, 7 * 24 * hour).default(hour),
      /** Least time between two fetches, whatever keys are asked for. */
      keysCooldownMs: milliseconds(10, hour).default(second),
      /** Requests that may wait for a fetch because they name an unknown key; the next one is answered 503. */
      keysWaitingLimit: z.int().min(1).max(100_000).default(100),
      /** Time for each document of an issuer. */
      timeoutMs: milliseconds(10, 60 * second).default(5 * second),
      documentLimitBytes: bytes(16 * 1024 * 1024).default(256 * 1024),
      /** Keys of one issuer; a longer list is not believed at all. */
      keyLimit: z.int().min(1).max(1_000).default(100),
    },
    "a map of settings",
  )
  .refine(({ issuers, allowedHosts }) => issuers.every((url) => isSafeScheme(url, allowedHosts.split(","))), {
    path: ["issuers"],
    error: "https; http only for a host that allowedHosts names itself",
    // Also when something else is wrong: all problems are told at once.
    when: ({ value }) => reachable.safeParse(value).success,
  });
export type OidcSettings = z.infer<typeof oidcSettings>;

/** Whether an address of an issuer cannot be changed on the way, or is a private one that the installation names. */
export function isSafeScheme(address: string, allowedHosts: readonly string[]): boolean {
  const url = URL.parse(address);
  if (url?.protocol !== "http:") return url?.protocol === "https:";
  return allowedHosts.includes(url.hostname.replaceAll(/^\[|\]$/g, ""));
}

export const identitySettings = z.strictObject({ oidc: oidcSettings.optional() }, "a map of settings");
