import { randomUUID } from "node:crypto";
import {
  type NewTokenAnswer,
  type Settings,
  scopesOf,
  type TokenInfo,
  type TokenList,
  type TokenRequest,
} from "@bedplate/contract";
import type { Selectable } from "kysely";
import { type Credential, type Identity, personOf } from "../domain/identity.ts";
import { Problem } from "../domain/problem.ts";
import { hashToken, newToken } from "../domain/secret-token.ts";
import { lock } from "./advisory-lock.ts";
import type { Database } from "./database.ts";
import { announce } from "./outbox.ts";
import type { Tables } from "./tables.ts";

/** What every personal token begins with, so that people and scanners of secrets know it. */
const prefix = "bpt_";
const hour = 3_600_000;
/** Number of the lock under which tokens are counted. */
const countLock = 4_680_061;

type Row = Selectable<Tables["personal_tokens"]>;

/** Whose token it is; with a user name beside it (Basic), only when it is theirs. */
export async function identifyToken(
  db: Database,
  { token, ...given }: Extract<Credential, { kind: "token" }>,
  now: number,
): Promise<Identity | null> {
  if (!token.startsWith(prefix)) return null;
  const row = await db
    .selectFrom("personal_tokens")
    .select(["id", "user_name", "role", "team", "expires_at", "last_used_at"])
    .where("hash", "=", hashToken(token))
    .where("expires_at", ">", now)
    .executeTakeFirst();
  if (row === undefined) return null;
  if (given.user !== undefined && given.user.toLowerCase() !== row.user_name) return null;
  const { user_name: name, role, team, id: tokenId, expires_at: expiresAt } = row;
  const usedAt = now - (now % hour);
  if (row.last_used_at === null || row.last_used_at < usedAt) {
    await db.updateTable("personal_tokens").set({ last_used_at: usedAt }).where("id", "=", row.id).execute();
  }
  return personOf({ name, via: "token", role, team, origin: { tokenId, expiresAt } });
}

/** Personal tokens: made by administrators, each for their own team or, where they see all teams, for any. */
export function createTokenStore(db: Database, clock: () => number, settings: Settings["access"]) {
  return {
    /** Throws FORBIDDEN, NOT_FOUND for a team that is not there, QUOTA_EXCEEDED when as many hold as may. */
    async create(request: TokenRequest, by: Identity): Promise<NewTokenAnswer> {
      const now = clock();
      const row = newRow(request, by, now, settings);
      const token = `${prefix}${newToken()}`;
      await db.transaction().execute(async (trx) => {
        await requireTeam(trx, row.team);
        await requireRoom(trx, settings.tokenLimit, now);
        await trx
          .insertInto("personal_tokens")
          .values({ ...row, hash: hashToken(token) })
          .execute();
        const { id: tokenId, user_name: user, role, team, expires_at: expiresAt } = row;
        const data = { tokenId, user, role, team, expiresAt };
        const subject = `token:${tokenId}`;
        await announce(trx, { type: "dev.bedplate.token.created", subject, actor: by.name, time: now, data });
      });
      return { ...toInfo(row), token };
    },

    /** In the order of their ids; `after` is the `next` of the page before. */
    async list(
      by: Identity,
      page: { readonly after?: string | undefined; readonly limit: number },
    ): Promise<TokenList> {
      let query = managed(db, by).where("expires_at", ">", clock());
      if (page.after !== undefined) query = query.where("id", ">", page.after);
      const rows = await query
        .orderBy("id")
        .limit(page.limit + 1)
        .execute();
      const tokens = rows.slice(0, page.limit).map(toInfo);
      return { tokens, next: rows.length > page.limit ? (tokens.at(-1)?.id ?? null) : null };
    },

    /** Throws NOT_FOUND for what is not there, and for what is not the caller's to end. */
    async revoke(id: string, by: Identity): Promise<void> {
      await db.transaction().execute(async (trx) => {
        const row = await managed(trx, by).where("id", "=", id).forUpdate().executeTakeFirst();
        if (row === undefined) throw new Problem("NOT_FOUND", `There is no token "${id.slice(0, 100)}".`);
        await trx.deleteFrom("personal_tokens").where("id", "=", id).execute();
        const data = { tokenId: id, user: row.user_name };
        const event = { subject: `token:${id}`, actor: by.name, time: clock(), data };
        await announce(trx, { type: "dev.bedplate.token.revoked", ...event });
      });
    },
  };
}

export type TokenStore = ReturnType<typeof createTokenStore>;

/** The caller's own tokens; all of their team for its administrator, all there are for the platform's. */
function managed(db: Database, { name, team, scopes }: Identity) {
  const all = db.selectFrom("personal_tokens").selectAll();
  if (!scopes.has("token:write"))
    return all.where("user_name", "=", name).where("team", "is not distinct from", team);
  return team === null ? all : all.where("team", "=", team);
}

function newRow(
  request: TokenRequest,
  by: Identity,
  now: number,
  settings: Settings["access"],
): Omit<Row, "hash"> {
  const { team = by.team, role } = request;
  if (by.team !== null && team !== by.team) {
    throw new Problem("FORBIDDEN", `${by.name} makes tokens of team "${by.team}" only.`);
  }
  if ([...scopesOf(role)].some((scope) => !by.scopes.has(scope))) {
    throw new Problem(
      "FORBIDDEN",
      `${by.name} cannot give the role "${role}", which may do more than they may.`,
    );
  }
  const lifetime = request.lifetimeMs ?? Math.min(settings.tokenLifetimeMs, settings.tokenLifetimeMaxMs);
  if (lifetime > settings.tokenLifetimeMaxMs) {
    throw new Problem(
      "INVALID_REQUEST",
      `lifetimeMs: ${lifetime} is over the limit of ${settings.tokenLifetimeMaxMs}.`,
    );
  }
  return {
    id: randomUUID(),
    user_name: request.user,
    title: request.title,
    team,
    role,
    created_by: by.name,
    created_at: now,
    expires_at: now + lifetime,
    last_used_at: null,
  };
}

async function requireTeam(trx: Database, team: string | null): Promise<void> {
  if (team === null) return;
  // Shared, so that the team stays until the token is in it.
  const found = trx.selectFrom("teams").select("name").where("name", "=", team).forShare();
  if ((await found.executeTakeFirst()) === undefined)
    throw new Problem("NOT_FOUND", `There is no team "${team}".`);
}

async function requireRoom(trx: Database, limit: number, now: number): Promise<void> {
  await lock(trx, countLock);
  await trx.deleteFrom("personal_tokens").where("expires_at", "<=", now).execute();
  const { n } = await trx
    .selectFrom("personal_tokens")
    .select((eb) => eb.fn.countAll<string>().as("n"))
    .executeTakeFirstOrThrow();
  if (Number(n) < limit) return;
  throw new Problem(
    "QUOTA_EXCEEDED",
    `There are ${n} tokens and the limit is ${limit}; revoke one, or raise access.tokenLimit.`,
  );
}

const toInfo = (row: Omit<Row, "hash">): TokenInfo => ({
  id: row.id,
  user: row.user_name,
  title: row.title,
  role: row.role,
  team: row.team,
  createdBy: row.created_by,
  createdAt: row.created_at,
  expiresAt: row.expires_at,
  lastUsedAt: row.last_used_at,
});
