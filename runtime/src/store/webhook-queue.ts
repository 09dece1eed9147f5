import { sql } from "kysely";
import type { Database } from "./database.ts";
import type { DeliveryRow } from "./webhook-fanout.ts";

/** The queue of one webhook's deliveries about one subject, held by whoever knows the token. */
export interface Lane {
  readonly webhookId: string;
  readonly subject: string;
  readonly token: string;
}

/** What came of an attempt: `retryInMs` tells when the next one may be made. */
export type Outcome =
  | { readonly state: "delivered"; readonly status: number }
  | { readonly state: "dead"; readonly status: number | null; readonly error: string }
  | {
      readonly state: "pending";
      readonly status: number | null;
      readonly error: string;
      readonly retryInMs: number;
    };

export type WaitingDelivery = Pick<DeliveryRow, "id" | "body" | "event" | "attempts">;

/** The database's clock, for leases that several processes must understand alike; milliseconds since 1970. */
const now = sql<number>`(extract(epoch from clock_timestamp()) * 1000)::bigint`;

/**
 * Deliveries that wait, in lanes. A lane is claimed for a time and renewed before each attempt; when its holder dies,
 * another takes it over after that time.
 */
export function createWebhookQueue(db: Database, clock: () => number) {
  return {
    due: due.bind(null, db),
    claim: claim.bind(null, db),
    next: next.bind(null, db),
    record: record.bind(null, db, clock),
    release: release.bind(null, db),
    countPending: countPending.bind(null, db),
    forget: forget.bind(null, db),
  };
}

export type WebhookQueue = ReturnType<typeof createWebhookQueue>;

const held = (db: Database, lane: Lane) =>
  db
    .updateTable("webhook_lanes")
    .where("webhook_id", "=", lane.webhookId)
    .where("subject", "=", lane.subject)
    .where("lease_token", "=", lane.token);

/** Active webhooks that have a lane to be claimed. */
async function due(db: Database): Promise<readonly string[]> {
  const rows = await db
    .selectFrom("webhooks")
    .select("webhook_id")
    .where("status", "=", "ACTIVE")
    .where((eb) =>
      eb.exists(
        eb
          .selectFrom("webhook_lanes as l")
          .select("l.subject")
          .whereRef("l.webhook_id", "=", "webhooks.webhook_id")
          .where("l.due_at", "<=", now)
          .where("l.lease_until", "<=", now),
      ),
    )
    .execute();
  return rows.map((row) => row.webhook_id);
}

/** Takes up to `limit` lanes of a webhook, those that wait longest first; what another process takes is passed over. */
async function claim(
  db: Database,
  webhookId: string,
  token: string,
  limit: number,
  leaseMs: number,
): Promise<readonly Lane[]> {
  const rows = await db
    .updateTable("webhook_lanes")
    .set({ lease_token: token, lease_until: sql<number>`${now} + ${leaseMs}` })
    .where("webhook_id", "=", webhookId)
    .where("subject", "in", (eb) =>
      eb
        .selectFrom("webhook_lanes as l")
        .select("l.subject")
        .where("l.webhook_id", "=", webhookId)
        .where("l.due_at", "<=", now)
        .where("l.lease_until", "<=", now)
        .orderBy("l.due_at")
        .limit(limit)
        .forUpdate()
        .skipLocked(),
    )
    .returning("subject")
    .execute();
  return rows.map(({ subject }) => ({ webhookId, subject, token }));
}

/** The lane's oldest delivery, and the lease begins anew; null when the lane is lost or nothing waits in it. */
async function next(db: Database, lane: Lane, leaseMs: number): Promise<WaitingDelivery | null> {
  const renewed = await held(db, lane)
    .set({ lease_until: sql<number>`${now} + ${leaseMs}` })
    .executeTakeFirst();
  if (renewed.numUpdatedRows === 0n) return null;
  const found = await db
    .selectFrom("webhook_deliveries")
    .select(["id", "body", "event", "attempts"])
    .where("webhook_id", "=", lane.webhookId)
    .where("subject", "=", lane.subject)
    .where("state", "=", "pending")
    .orderBy("sequence")
    .limit(1)
    .executeTakeFirst();
  return found ?? null;
}

/** Writes down what came of an attempt; a delivery to be tried again makes its lane wait and gives it back. */
async function record(
  db: Database,
  clock: () => number,
  lane: Lane,
  id: string,
  outcome: Outcome,
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await trx
      .updateTable("webhook_deliveries")
      .set({
        state: outcome.state,
        status: outcome.status,
        error: outcome.state === "delivered" ? null : outcome.error,
        updated_at: clock(),
        attempts: sql<number>`attempts + 1`,
      })
      .where("id", "=", id)
      .where("state", "=", "pending")
      .execute();
    if (outcome.state !== "pending") return;
    await held(trx, lane)
      .set({ due_at: sql<number>`${now} + ${outcome.retryInMs}`, lease_until: 0, lease_token: null })
      .execute();
  });
}

/** Gives a lane back, and removes it when nothing waits in it. */
async function release(db: Database, lane: Lane): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const owned = await held(trx, lane).set({ lease_until: 0, lease_token: null }).executeTakeFirst();
    if (owned.numUpdatedRows === 0n) return;
    // Only now, under the lane's row lock: whoever adds a delivery takes that lock too.
    await trx
      .deleteFrom("webhook_lanes")
      .where("webhook_id", "=", lane.webhookId)
      .where("subject", "=", lane.subject)
      .where((eb) =>
        eb.not(
          eb.exists(
            eb
              .selectFrom("webhook_deliveries as d")
              .select("d.id")
              .where("d.webhook_id", "=", lane.webhookId)
              .where("d.subject", "=", lane.subject)
              .where("d.state", "=", "pending"),
          ),
        ),
      )
      .execute();
  });
}

async function countPending(db: Database): Promise<number> {
  const { n } = await db
    .selectFrom("webhook_deliveries")
    .select((eb) => eb.fn.countAll<string>().as("n"))
    .where("state", "=", "pending")
    .executeTakeFirstOrThrow();
  return Number(n);
}

/** Forgets finished deliveries that changed last before the given time. */
async function forget(db: Database, before: number): Promise<void> {
  await db
    .deleteFrom("webhook_deliveries")
    .where("state", "<>", "pending")
    .where("updated_at", "<", before)
    .execute();
}
