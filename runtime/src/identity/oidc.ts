import type { OidcSettings, Settings } from "@bedplate/contract";
import { errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from "jose";
import { type CompactToken, looksSigned, readCompactToken } from "../domain/compact-token.ts";
import type { Credential, Identity } from "../domain/identity.ts";
import { choosePlace, claimAt, nameIn, personIn, placesOf, type Wish } from "../domain/oidc-person.ts";
import { Problem } from "../domain/problem.ts";
import type { IdentityStore } from "../store/identity-store.ts";
import type { TeamStore } from "../store/team-store.ts";
import { createDocumentReader } from "./issuer-documents.ts";
import { type IssuerKeys, type KeyParts, openIssuerKeys } from "./issuer-keys.ts";

interface OidcParts extends KeyParts {
  /** Those of some teams that are there. */
  readonly existing: (teams: readonly string[]) => Promise<ReadonlySet<string>>;
}

type Shown = Extract<Credential, { kind: "token" }>;

/** Who holds a token of a configured issuer. */
interface Oidc {
  /**
   * Null for a token that no issuer of ours signed. Throws UNAUTHENTICATED with the reason for one that was signed and
   * does not hold here, FORBIDDEN for somebody without a role, UNAVAILABLE while an issuer's keys are not known.
   */
  readonly authenticate: (shown: Shown) => Promise<Identity | null>;
  readonly close: () => void;
}

const second = 1_000;

/**
 * Checks access tokens as RFC 9068 and RFC 8725 say: issuer, audience, type, algorithm and kind of key come from the
 * settings, never from the token.
 */
function openOidc(parts: OidcParts): Oidc {
  const { settings, clock, existing } = parts;
  const issuers = new Map(settings.issuers.map((issuer) => [issuer, openIssuerKeys(issuer, parts)]));
  return {
    async authenticate({ token, ...wish }) {
      const read = readCompactToken(token, settings.tokenLimitBytes);
      if (read === null || !isTypeAllowed(read.header.typ, settings.tokenTypes)) return null;
      const keys = keysOf(issuers, read);
      if (keys === undefined) return null;
      const claims = await check(token, keys.find, read.payload.iss, settings, clock());
      return claims === null ? null : await personOf(claims, wish, settings, existing);
    },
    close() {
      for (const keys of issuers.values()) keys.close();
    },
  };
}

/** The issuer is only looked up by what the token says: whether it signed it is checked with its keys. */
function keysOf(issuers: ReadonlyMap<string, IssuerKeys>, { payload }: CompactToken): IssuerKeys | undefined {
  return typeof payload.iss === "string" ? issuers.get(payload.iss) : undefined;
}

function isTypeAllowed(typ: unknown, allowed: OidcSettings["tokenTypes"]): boolean {
  if (typ === undefined) return allowed.includes("absent");
  const given = typeof typ === "string" ? typ.toLowerCase().replace(/^application\//, "") : "";
  return allowed.some((each) => each !== "absent" && each.toLowerCase() === given);
}

async function check(
  token: string,
  find: JWTVerifyGetKey,
  issuer: unknown,
  settings: OidcSettings,
  now: number,
): Promise<JWTPayload | null> {
  try {
    const { payload } = await jwtVerify(token, find, {
      algorithms: settings.algorithms,
      issuer: String(issuer),
      audience: settings.audience,
      requiredClaims: ["sub", "exp", "iat"],
      clockTolerance: settings.clockToleranceMs / second,
      maxTokenAge: settings.tokenAgeMaxMs / second,
      currentDate: new Date(now),
    });
    return payload;
  } catch (error) {
    if (error instanceof Problem) throw error;
    // The signature held: its holder may know what is wrong with the rest.
    if (error instanceof errors.JWTClaimValidationFailed || error instanceof errors.JWTExpired)
      throw new Problem("UNAUTHENTICATED", `The token was not accepted: ${error.message}.`);
    if (error instanceof errors.JOSEError || isBadKey(error)) return null;
    throw error;
  }
}

/** A key of the issuer's list that is none, or that does not fit the algorithm. */
const isBadKey = (error: unknown) =>
  error instanceof TypeError ||
  (error instanceof DOMException && /^(Data|NotSupported|Syntax)Error$/.test(error.name));

async function personOf(
  claims: JWTPayload,
  wish: Wish,
  settings: OidcSettings,
  existing: OidcParts["existing"],
): Promise<Identity | null> {
  const name = nameIn(claims, settings.claims);
  const granted = placesOf(claimAt(claims, settings.claims.groups), settings.grants);
  const teams = await existing(granted.flatMap(({ team }) => team ?? []));
  const places = granted.filter(({ team }) => team === null || teams.has(team));
  const place = choosePlace(name, places, wish);
  const ends = [Number(claims.exp) * second, Number(claims.iat) * second + settings.tokenAgeMaxMs];
  return place === null ? null : personIn(name, place, Math.floor(Math.min(...ends)));
}

type Identities = Pick<IdentityStore, "authenticate">;

interface SignInParts<I extends Identities> extends Pick<OidcParts, "clock" | "log"> {
  readonly settings: Pick<Settings, "identity" | "release">;
  readonly identities: I;
  readonly teams: Pick<TeamStore, "existing">;
}

/** The same identities, and those that show a token of an issuer, where the installation has one. */
export function openSignIn<I extends Identities>({
  settings,
  identities,
  teams,
  clock,
  log,
}: SignInParts<I>): SignIn<I> {
  const { oidc } = settings.identity;
  if (oidc === undefined) return { identities, close: () => {} };
  const read = createDocumentReader(oidc, settings.release);
  const { authenticate, close } = openOidc({ settings: oidc, read, clock, log, existing: teams.existing });
  return {
    identities: {
      ...identities,
      authenticate: async (credential) =>
        credential.kind === "token" && looksSigned(credential.token)
          ? await authenticate(credential)
          : await identities.authenticate(credential),
    },
    close,
  };
}

interface SignIn<I extends Identities> {
  readonly identities: I;
  /** Ends the fetching of keys. */
  readonly close: () => void;
}
