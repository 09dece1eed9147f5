import { sql } from "kysely";
import type { KeyedClaim } from "../domain/idempotency-key.ts";
import { Problem } from "../domain/problem.ts";
import type { Database } from "./database.ts";
import { together } from "./joint-transaction.ts";

interface IdempotencySettings {
  readonly retentionMs: number;
  /** Keys that one identity may have at once. */
  readonly limit: number;
  /** How long a request waits for another one with its key. */
  readonly waitMs: number;
}

/** An answer as it is sent: JSON. */
export interface KeptAnswer {
  readonly status: number;
  readonly body: string;
}

/** SQLSTATE of PostgreSQL when a lock was not given in time. */
const lockNotAvailable = "55P03";
/** Keys that a new one clears away, so that they need no clock of their own. */
const clearedAtOnce = 100;

/**
 * Makes retried requests one. The key is written first and the answer last, in the transaction of the change itself:
 * after a crash there are all three or none, so a retry never makes a second thing and never waits for a dead one.
 */
export function createIdempotencyStore(db: Database, clock: () => number, settings: IdempotencySettings) {
  return {
    /**
     * Does the work unless it was done under this key before, and then gives that answer again. What fails is not
     * kept: nothing was changed, and the same key may be used again. Throws IDEMPOTENCY_KEY_REUSED for a key of
     * another request, IDEMPOTENCY_KEY_IN_USE while the first one is still under way, and TOO_MANY_REQUESTS.
     */
    async once(
      claim: KeyedClaim,
      work: () => Promise<KeptAnswer>,
    ): Promise<{ readonly answer: KeptAnswer; readonly repeated: boolean }> {
      return await together(db, async () => {
        const kept = await reserve(db, claim, clock(), settings);
        if (kept !== null) return { answer: kept, repeated: true };
        const answer = await work();
        await db
          .updateTable("idempotency_keys")
          .set({ status: answer.status, answer: answer.body, expires_at: clock() + settings.retentionMs })
          .where("hash", "=", claim.hash)
          .execute();
        return { answer, repeated: false };
      });
    },
  };
}

export type IdempotencyStore = ReturnType<typeof createIdempotencyStore>;

/** Takes the key, or gives the answer that is kept under it. */
async function reserve(
  db: Database,
  claim: KeyedClaim,
  now: number,
  settings: IdempotencySettings,
): Promise<KeptAnswer | null> {
  if (await insert(db, claim, now, settings)) {
    await clearExpired(db, now);
    await requireRoom(db, claim.owner, now, settings.limit);
    return null;
  }
  const row = await db
    .selectFrom("idempotency_keys")
    .select(["fingerprint", "status", "answer"])
    .where("hash", "=", claim.hash)
    .executeTakeFirst();
  if (row === undefined) throw inUse();
  if (row.fingerprint === claim.fingerprint) return { status: row.status, body: row.answer };
  throw new Problem(
    "IDEMPOTENCY_KEY_REUSED",
    "This Idempotency-Key came with another request before. Send the same request again, or choose a new key for a new one.",
  );
}

/** Waits, for a bounded time, while another transaction holds the key; false when it is one that is kept. */
async function insert(
  db: Database,
  { hash, owner, fingerprint }: KeyedClaim,
  now: number,
  { retentionMs, waitMs }: IdempotencySettings,
): Promise<boolean> {
  const row = { owner, fingerprint, status: 0, answer: "", expires_at: now + retentionMs };
  await setLockTimeout(db, String(waitMs));
  const inserted = await db
    .insertInto("idempotency_keys")
    .values({ hash, ...row })
    .onConflict((conflict) =>
      conflict.column("hash").doUpdateSet(row).where("idempotency_keys.expires_at", "<=", now),
    )
    .returning("hash")
    .executeTakeFirst()
    .catch((error: unknown) => {
      throw isLockTimeout(error) ? inUse() : error;
    });
  await setLockTimeout(db, "0");
  return inserted !== undefined;
}

/** For what comes after it in the transaction; 0 is no limit. */
async function setLockTimeout(db: Database, milliseconds: string): Promise<void> {
  await sql`select set_config('lock_timeout', ${milliseconds}::text, true)`.execute(db);
}

const isLockTimeout = (error: unknown) =>
  error instanceof Error && "code" in error && error.code === lockNotAvailable;

const inUse = () =>
  new Problem(
    "IDEMPOTENCY_KEY_IN_USE",
    "A request with this Idempotency-Key is still under way. Send it again in a moment to get its answer.",
  );

/** Never waits for a key that somebody is taking anew. */
async function clearExpired(db: Database, now: number): Promise<void> {
  const expired = db
    .selectFrom("idempotency_keys")
    .select("hash")
    .where("expires_at", "<=", now)
    .orderBy("expires_at")
    .limit(clearedAtOnce)
    .forUpdate()
    .skipLocked();
  await db.deleteFrom("idempotency_keys").where("hash", "in", expired).execute();
}

async function requireRoom(db: Database, owner: string, now: number, limit: number): Promise<void> {
  const own = db
    .selectFrom("idempotency_keys")
    .select("hash")
    .where("owner", "=", owner)
    .where("expires_at", ">", now)
    .limit(limit + 1);
  const { n } = await db
    .selectFrom(own.as("own"))
    .select((eb) => eb.fn.countAll<string>().as("n"))
    .executeTakeFirstOrThrow();
  if (Number(n) <= limit) return;
  throw new Problem(
    "TOO_MANY_REQUESTS",
    `${owner} has ${limit} idempotency keys, which is the limit (idempotency.limit); send the request without one, or wait until older ones expire.`,
  );
}
