import { randomUUID } from "node:crypto";
import type { EventData, EventType } from "@bedplate/contract";
import { type Selectable, sql } from "kysely";
import { toWebhookMessage, webhookBody } from "../domain/webhook-payload.ts";
import { tryLock } from "./advisory-lock.ts";
import type { Database } from "./database.ts";
import { promptTag } from "./registry-search.ts";
import type { Tables } from "./tables.ts";

export interface FanOutOptions {
  readonly clock: () => number;
  /** Events that one step takes. */
  readonly batchSize: number;
  /** Deliveries that may wait for one webhook. */
  readonly queueLimit: number;
}

export type DeliveryRow = Selectable<Tables["webhook_deliveries"]>;
type Subscription = Pick<Selectable<Tables["webhooks"]>, "webhook_id" | "events" | "team">;

/** Number of the lock under which events become deliveries: one process at a time, so that their order is kept. */
export const fanOutLock = 4_680_051;
/** Rows of one insert; PostgreSQL takes 65,535 parameters in all. */
const rowsPerInsert = 1_000;

/**
 * Turns events that wait in the outbox into deliveries, one for each active webhook that asks for them and was there
 * before them, and says how many events it took. Nothing is done twice: the deliveries and the mark on the event are one transaction. What is
 * over a webhook's queue limit becomes a dead letter, from where a replay takes it back.
 */
export async function fanOut(db: Database, options: FanOutOptions): Promise<number> {
  return await db.transaction().execute(async (trx) => {
    if (!(await tryLock(trx, fanOutLock))) return 0;
    const events = await webhookEvents(trx)
      .where("fanned_out", "=", false)
      .limit(options.batchSize)
      .execute();
    if (events.length === 0) return 0;
    const webhooks = await trx
      .selectFrom("webhooks")
      .select(["webhook_id", "events", "after_sequence", "team"])
      .where("status", "=", "ACTIVE")
      .execute();
    const rows = webhooks.flatMap((webhook) => {
      const heard = events.filter((event) => event.sequence > webhook.after_sequence);
      return deliveriesOf(webhook, heard, options.clock());
    });
    await insertDeliveries(trx, limitQueues(rows, await countWaiting(trx), options.queueLimit));
    const taken = events.map((event) => event.sequence);
    await trx.updateTable("events").set({ fanned_out: true }).where("sequence", "in", taken).execute();
    return events.length;
  });
}

/** Events that webhooks can ask for, oldest first, each with whether its model is a prompt. */
export function webhookEvents(db: Database) {
  const isPrompt = sql<boolean>`exists (select 1 from registered_model_tags t
    where t.name = events.subject and t.key = ${promptTag} and lower(t.value) = 'true')`;
  return db
    .selectFrom("events")
    .select(["sequence", "type", "subject", "time", "data", "team", isPrompt.as("is_prompt")])
    .where("for_webhooks", "=", true)
    .orderBy("sequence");
}

type WebhookEventRow = Awaited<ReturnType<ReturnType<typeof webhookEvents>["execute"]>>[number];

/** The events that a webhook asks for, as deliveries that wait. */
export function deliveriesOf(
  webhook: Subscription,
  events: readonly WebhookEventRow[],
  now: number,
): readonly DeliveryRow[] {
  return events.flatMap(({ sequence, type, subject, time, data, team, is_prompt }) => {
    if (webhook.team !== null && webhook.team !== team) return [];
    const event = { type: type as EventType, data: data as EventData<EventType> };
    const message = toWebhookMessage(event, is_prompt);
    if (message === null || !webhook.events.includes(message.event)) return [];
    const row: DeliveryRow = {
      id: randomUUID(),
      webhook_id: webhook.webhook_id,
      sequence,
      event: message.event,
      subject,
      body: webhookBody(message, time),
      state: "pending",
      attempts: 0,
      created_at: now,
      updated_at: now,
      status: null,
      error: null,
    };
    return [row];
  });
}

function limitQueues(
  rows: readonly DeliveryRow[],
  waiting: ReadonlyMap<string, number>,
  limit: number,
): readonly DeliveryRow[] {
  const counts = new Map(waiting);
  return rows.map((row) => {
    const count = counts.get(row.webhook_id) ?? 0;
    if (count >= limit)
      return { ...row, state: "dead", error: `More than ${limit} deliveries wait for this webhook.` };
    counts.set(row.webhook_id, count + 1);
    return row;
  });
}

async function countWaiting(trx: Database): Promise<ReadonlyMap<string, number>> {
  const rows = await trx
    .selectFrom("webhook_deliveries")
    .select(["webhook_id", (eb) => eb.fn.countAll<string>().as("n")])
    .where("state", "=", "pending")
    .groupBy("webhook_id")
    .execute();
  return new Map(rows.map((row) => [row.webhook_id, Number(row.n)]));
}

/** Writes deliveries and opens their lanes; one that is there already waits again, under its own id. */
export async function insertDeliveries(trx: Database, rows: readonly DeliveryRow[]): Promise<void> {
  for (let at = 0; at < rows.length; at += rowsPerInsert) {
    await trx
      .insertInto("webhook_deliveries")
      .values(rows.slice(at, at + rowsPerInsert))
      .onConflict((conflict) =>
        conflict.columns(["webhook_id", "sequence"]).doUpdateSet((eb) => ({
          state: eb.ref("excluded.state"),
          attempts: 0,
          updated_at: eb.ref("excluded.updated_at"),
          error: null,
        })),
      )
      .execute();
  }
  await openLanes(
    trx,
    rows.filter((row) => row.state === "pending"),
  );
}

/** The no-op on a lane that is there waits for whoever is about to close it, so that no delivery is left without one. */
async function openLanes(trx: Database, rows: readonly DeliveryRow[]): Promise<void> {
  const lanes = new Map(
    rows.map(({ webhook_id, subject }) => [JSON.stringify([webhook_id, subject]), { webhook_id, subject }]),
  );
  const values = [...lanes].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, lane]) => ({ ...lane, due_at: 0 }));
  for (let at = 0; at < values.length; at += rowsPerInsert) {
    await trx
      .insertInto("webhook_lanes")
      .values(values.slice(at, at + rowsPerInsert))
      .onConflict((conflict) =>
        conflict
          .columns(["webhook_id", "subject"])
          .doUpdateSet((eb) => ({ due_at: eb.ref("webhook_lanes.due_at") })),
      )
      .execute();
  }
}
