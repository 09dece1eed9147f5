import { administratorScopes, type Credential, type Identity, jobScopes } from "../domain/identity.ts";
import { Problem } from "../domain/problem.ts";
import { hashToken, newToken, sameHash } from "../domain/secret-token.ts";
import type { Database } from "./database.ts";

interface IdentitySettings {
  readonly administratorToken: string;
  readonly sessionLifetimeMs: number;
  readonly sessionLimit: number;
}

/** Name of the one identity whose token the platform generates. */
export const administrator = "admin";

/** Knows who holds which token: the administrator's comes from a file, those of sessions and jobs are kept hashed. */
export function createIdentityStore(db: Database, clock: () => number, settings: IdentitySettings) {
  const administratorHash = hashToken(settings.administratorToken);

  async function issue(kind: "session" | "job", name: string, expiresAt: number): Promise<string> {
    const token = newToken();
    await db.deleteFrom("access_tokens").where("expires_at", "<=", clock()).execute();
    await db
      .insertInto("access_tokens")
      .values({ hash: hashToken(token), kind, name, expires_at: expiresAt })
      .execute();
    return token;
  }

  async function stored(kind: "session" | "job", token: string): Promise<string | null> {
    const row = await db
      .selectFrom("access_tokens")
      .select("name")
      .where("hash", "=", hashToken(token))
      .where("kind", "=", kind)
      .where("expires_at", ">", clock())
      .executeTakeFirst();
    return row?.name ?? null;
  }

  return {
    /** Who presents the credential; null when nobody does. */
    async authenticate(credential: Credential): Promise<Identity | null> {
      if (credential.kind === "session") {
        const name = await stored("session", credential.token);
        return name === null ? null : { name, via: "session", scopes: administratorScopes };
      }
      if (sameHash(hashToken(credential.token), administratorHash)) {
        return { name: administrator, via: "token", scopes: administratorScopes };
      }
      const job = await stored("job", credential.token);
      return job === null ? null : { name: `job:${job}`, via: "token", scopes: jobScopes };
    },

    /** Starts a session and returns its token, for a cookie. */
    async startSession(name: string): Promise<string> {
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
      return await issue("session", name, clock() + settings.sessionLifetimeMs);
    },

    async endSession(token: string): Promise<void> {
      await db
        .deleteFrom("access_tokens")
        .where("hash", "=", hashToken(token))
        .where("kind", "=", "session")
        .execute();
    },

    /** A token for one attempt of a job; it ends by itself at the given time. */
    issueJobToken: (jobId: string, expiresAt: number): Promise<string> => issue("job", jobId, expiresAt),

    async revokeJobTokens(jobId: string): Promise<void> {
      await db.deleteFrom("access_tokens").where("name", "=", jobId).where("kind", "=", "job").execute();
    },
  };
}

export type IdentityStore = ReturnType<typeof createIdentityStore>;
