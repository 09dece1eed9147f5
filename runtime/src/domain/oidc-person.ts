import { type Grant, type OidcSettings, type Role, roles, userName } from "@bedplate/contract";
import { type Identity, personOf } from "./identity.ts";
import { Problem } from "./problem.ts";

type Claims = Readonly<Record<string, unknown>>;

/** Which team somebody with roles in several wants to act for. */
export interface Wish {
  /** The user name of Basic: their own name, or a team's. */
  readonly user?: string;
  /** Said outright. */
  readonly team?: string;
}

/** One team, or the whole platform where it is null, and what the person is there. */
interface Place {
  readonly team: string | null;
  readonly role: Role;
}

/** A claim by its name, or by a JSON pointer (RFC 6901) where it begins with a slash; undefined where there is none. */
export function claimAt(claims: Claims, at: string): unknown {
  if (!at.startsWith("/")) return Object.hasOwn(claims, at) ? claims[at] : undefined;
  const names = at.slice(1).split("/");
  return names.reduce<unknown>((value, raw) => {
    const name = raw.replaceAll("~1", "/").replaceAll("~0", "~");
    const inside = typeof value === "object" && value !== null && Object.hasOwn(value, name);
    return inside ? (value as Claims)[name] : undefined;
  }, claims);
}

/** Who a checked token speaks of: case counts in `sub` only. Throws FORBIDDEN for whom the platform cannot name. */
export function nameIn(claims: Claims, { name: at }: OidcSettings["claims"]): string {
  const value = claimAt(claims, at);
  const text = typeof value === "string" ? (at === "sub" ? value : value.toLowerCase()) : "";
  if (at === "email" && claims.email_verified !== true) {
    throw new Problem("FORBIDDEN", "The token's email is not verified, so it does not say who calls.");
  }
  // In lower case for the check: a name of the platform's own is refused in any spelling.
  const checked = userName.safeParse(text.toLowerCase().replaceAll("|", "-"));
  if (checked.success) return text;
  throw new Problem(
    "FORBIDDEN",
    `The token's claim "${at}" is no name that can stand in the audit log: letters, digits and . _ @ + - |, at most 128, and no name of the platform.`,
  );
}

/** Every place where somebody in these groups has a role: of several roles in one, the last in the order of roles. */
export function placesOf(groups: unknown, grants: readonly Grant[]): readonly Place[] {
  const held = new Set([groups].flat());
  const found = new Map<string | null, Role>();
  for (const { group, role, team = null } of grants) {
    if (!held.has(group)) continue;
    const before = found.get(team);
    if (before === undefined || roles.indexOf(role) > roles.indexOf(before)) found.set(team, role);
  }
  return [...found].map(([team, role]) => ({ team, role }));
}

/**
 * The place that somebody acts in: the one they wish for, the only one, or the whole platform where they have a role.
 * Null when the user name that came with the token is neither theirs nor a team's of theirs. Throws FORBIDDEN where
 * there is none, and where there are several and nobody said which.
 */
export function choosePlace(name: string, places: readonly Place[], { user, team }: Wish): Place | null {
  const none = new Problem("FORBIDDEN", `None of the groups in the token of ${name} has a role here.`);
  if (places.length === 0) throw none;
  const teams = places.flatMap((place) => place.team ?? []).sort();
  if (team !== undefined) {
    const wanted = places.find((place) => place.team === team);
    if (wanted !== undefined) return wanted;
    throw new Problem(
      "FORBIDDEN",
      `${name} has no role in the team "${team.slice(0, 100)}"; they are in ${teams.join(", ") || "none"}.`,
    );
  }
  if (user !== undefined && user !== "" && user.toLowerCase() !== name.toLowerCase())
    return places.find((place) => place.team === user) ?? null;
  const only = places.find((place) => place.team === null) ?? (places.length === 1 ? places[0] : undefined);
  if (only !== undefined) return only;
  throw new Problem(
    "FORBIDDEN",
    `${name} is in several teams (${teams.join(", ")}): say which one as the user name of Basic, or in the header X-Bedplate-Team.`,
  );
}

/** Somebody in a place, until their token ends. */
export const personIn = (name: string, { team, role }: Place, expiresAt: number): Identity =>
  personOf({ name, via: "token", role, team, origin: { tokenId: null, expiresAt } });
