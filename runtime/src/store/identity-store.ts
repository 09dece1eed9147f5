import { defaultTeam, type Role } from "@bedplate/contract";
import {
  administrator,
  administratorIdentity,
  type Credential,
  type Identity,
  jobIdentity,
  personOf,
} from "../domain/identity.ts";
import { Problem } from "../domain/problem.ts";
import { hashToken, newToken, sameHash } from "../domain/secret-token.ts";
import type { Database } from "./database.ts";
import { identifyToken } from "./identity-token-store.ts";

interface IdentitySettings {
  readonly administratorToken: string;
  readonly sessionLifetimeMs: number;
  readonly sessionLimit: number;
}

interface NewAccess {
  readonly kind: "session" | "job";
  readonly name: string;
  readonly expires_at: number;
  readonly role: Role | null;
  readonly team: string | null;
  readonly token_id: string | null;
}

/**
 * Knows who holds which token: the administrator's comes from a file; personal ones and those of sessions and jobs are
 * kept hashed.
 */
export function createIdentityStore(db: Database, clock: () => number, settings: IdentitySettings) {
  const administratorHash = hashToken(settings.administratorToken);

  async function issue(access: NewAccess): Promise<string> {
    const token = newToken();
    await db.deleteFrom("access_tokens").where("expires_at", "<=", clock()).execute();
    await db
      .insertInto("access_tokens")
      .values({ ...access, hash: hashToken(token) })
      .execute();
    return token;
  }

  return {
    /** Who presents the credential; null when nobody does. */
    async authenticate(credential: Credential): Promise<Identity | null> {
      const hash = hashToken(credential.token);
      if (credential.kind === "session") return await identifySession(db, hash, clock());
      if (sameHash(hash, administratorHash)) return administratorIdentity;
      return (await identifyToken(db, credential, clock())) ?? (await identifyJob(db, hash, clock()));
    },

    /** Starts a session for a person and returns its token, for a cookie; it ends with what they signed in with. */
    async startSession({ name, role, team, origin }: Identity): Promise<string> {
      if (role === null) throw new Problem("FORBIDDEN", `${name} is a program; only people have sessions.`);
      const { count } = await db
        .selectFrom("access_tokens")
        .select((eb) => eb.fn.countAll().as("count"))
        .where("kind", "=", "session")
        .where("expires_at", ">", clock())
        .executeTakeFirstOrThrow();
      if (Number(count) >= settings.sessionLimit) {
        throw new Problem(
          "TOO_MANY_REQUESTS",
          `There are ${settings.sessionLimit} sessions already; sign out of one.`,
        );
      }
      const end = clock() + settings.sessionLifetimeMs;
      const expires_at = Math.min(end, origin?.expiresAt ?? end);
      return await issue({
        kind: "session",
        name,
        role,
        team,
        token_id: origin?.tokenId ?? null,
        expires_at,
      });
    },

    async endSession(token: string): Promise<void> {
      await db
        .deleteFrom("access_tokens")
        .where("hash", "=", hashToken(token))
        .where("kind", "=", "session")
        .execute();
    },

    /** A token for one attempt of a job; it ends by itself at the given time. */
    issueJobToken: (jobId: string, expires_at: number): Promise<string> =>
      issue({ kind: "job", name: jobId, role: null, team: null, token_id: null, expires_at }),

    async revokeJobTokens(jobId: string): Promise<void> {
      await db.deleteFrom("access_tokens").where("name", "=", jobId).where("kind", "=", "job").execute();
    },
  };
}

export type IdentityStore = ReturnType<typeof createIdentityStore>;

async function identifySession(db: Database, hash: string, now: number): Promise<Identity | null> {
  const row = await db
    .selectFrom("access_tokens")
    .select(["name", "role", "team", "token_id", "expires_at"])
    .where("hash", "=", hash)
    .where("kind", "=", "session")
    .where("expires_at", ">", now)
    .executeTakeFirst();
  if (row === undefined || row.role === null) return null;
  const { name, role, team, token_id: tokenId, expires_at: expiresAt } = row;
  if (name === administrator) return { ...administratorIdentity, via: "session" };
  return personOf({ name, via: "session", role, team, origin: { tokenId, expiresAt } });
}

/** A job acts for the team whose it is now. */
async function identifyJob(db: Database, hash: string, now: number): Promise<Identity | null> {
  const row = await db
    .selectFrom("access_tokens as a")
    .leftJoin("training_jobs as j", "j.id", "a.name")
    .select(["a.name", "j.team"])
    .where("a.hash", "=", hash)
    .where("a.kind", "=", "job")
    .where("a.expires_at", ">", now)
    .executeTakeFirst();
  return row === undefined ? null : jobIdentity(row.name, row.team ?? defaultTeam);
}
