import { defaultTeam, type Role, type Scope, scopes, scopesOf } from "@bedplate/contract";

/** Who calls, and what they may do. */
export interface Identity {
  readonly name: string;
  /** `session` identities come from a cookie, so their unsafe requests must prove that our own page sent them. */
  readonly via: "token" | "session";
  readonly scopes: ReadonlySet<Scope>;
  /** Null for programs: a training job, or the ticket of an upload. */
  readonly role: Role | null;
  /** Whose things the identity sees and makes; null for those of every team. */
  readonly team: string | null;
  /** What the identity was shown by, where that can end before a session does. */
  readonly origin?: { readonly tokenId: string | null; readonly expiresAt: number };
}

/** Name of the one identity whose token the platform generates. */
export const administrator = "admin";

/** Who holds the administrator's token: every scope, every team. */
export const administratorIdentity: Identity = {
  name: administrator,
  via: "token",
  scopes: new Set(scopes),
  role: "admin",
  team: null,
};

/** The team to which belongs what the identity makes. */
export const homeOf = ({ team }: Pick<Identity, "team">): string => team ?? defaultTeam;

/** A training job may log, register and predict; it may not promote, nor start other jobs. */
const jobScopes: ReadonlySet<Scope> = new Set<Scope>([
  "self",
  "platform:read",
  "tracking:read",
  "tracking:write",
  "registry:read",
  "registry:write",
  "inference:call",
  "training:read",
]);

/** A training job, in the team that submitted it. */
export const jobIdentity = (jobId: string, team: string): Identity => ({
  name: `job:${jobId}`,
  via: "token",
  scopes: jobScopes,
  role: null,
  team,
});

/** Who may send the parts of one upload and do nothing else. */
export const uploadIdentity = (name: string): Identity => ({
  name,
  via: "token",
  scopes: new Set<Scope>(["artifact:upload-part"]),
  role: null,
  team: defaultTeam,
});

/** A person, with what their role gives. */
export function personOf(
  person: Pick<Identity, "name" | "via" | "team" | "origin"> & { readonly role: Role },
): Identity {
  return { ...person, scopes: scopesOf(person.role) };
}

/** What a request presents to show who it is. */
export type Credential =
  | {
      readonly kind: "token";
      readonly token: string;
      /** The user name that came with it, where one did. */
      readonly user?: string;
      /** The team that was named beside it, for who may act for several. */
      readonly team?: string;
    }
  | { readonly kind: "session"; readonly token: string };

/**
 * Reads `Authorization`: a bearer token, or Basic where the password is the token. Sources: RFC 6750, RFC 7617. Null
 * when there is none or it cannot be read. `team` is what another header says.
 */
export function parseAuthorization(header: string | undefined, team?: string): Credential | null {
  const match = /^(bearer|basic) +(\S+)$/i.exec(header ?? "");
  const scheme = match?.[1]?.toLowerCase();
  const value = match?.[2];
  if (scheme === undefined || value === undefined) return null;
  const wish = team === undefined ? {} : { team };
  if (scheme === "bearer") return { kind: "token", token: value, ...wish };
  const pair = Buffer.from(value, "base64").toString("utf8");
  const colon = pair.indexOf(":");
  if (colon < 0) return null;
  return { kind: "token", token: pair.slice(colon + 1), user: pair.slice(0, colon), ...wish };
}
