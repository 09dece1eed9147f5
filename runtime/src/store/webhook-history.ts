import {
  type DeliveryState,
  type WebhookDelivery,
  type WebhookDeliveryList,
  type WebhookReplay,
  webhookDelivery,
} from "@bedplate/contract";
import { Problem } from "../domain/problem.ts";
import { lock } from "./advisory-lock.ts";
import type { Database } from "./database.ts";
import {
  type DeliveryRow,
  deliveriesOf,
  fanOutLock,
  insertDeliveries,
  webhookEvents,
} from "./webhook-fanout.ts";
import { noWebhook } from "./webhook-rows.ts";

export interface DeliveryQuery {
  readonly state?: DeliveryState | undefined;
  readonly before?: string | undefined;
  readonly limit: number;
}

export interface HistoryOptions {
  readonly clock: () => number;
  /** Events that one replay may take. */
  readonly queueLimit: number;
}

/** What was sent to a webhook, and sending it again. */
export function createWebhookHistory(db: Database, options: HistoryOptions) {
  return {
    async list(webhookId: string, query: DeliveryQuery): Promise<WebhookDeliveryList> {
      await requireWebhook(db, webhookId);
      let found = db.selectFrom("webhook_deliveries").selectAll().where("webhook_id", "=", webhookId);
      if (query.state !== undefined) found = found.where("state", "=", query.state);
      if (query.before !== undefined) found = found.where("sequence", "<", readMark(query.before));
      const rows = await found
        .orderBy("sequence", "desc")
        .limit(query.limit + 1)
        .execute();
      const page = rows.slice(0, query.limit);
      const last = page.at(-1);
      const next = rows.length > query.limit && last !== undefined ? String(last.sequence) : null;
      return { deliveries: page.map(toDelivery), next };
    },

    /** Makes deliveries wait again, under their own ids; returns how many. */
    async replay(webhookId: string, what: WebhookReplay): Promise<number> {
      return await db.transaction().execute(async (trx) => {
        // Before any row is locked, in the order of the fan-out, so that neither waits for the other for ever.
        await lock(trx, fanOutLock);
        const webhook = await requireWebhook(trx, webhookId);
        if (webhook.status !== "ACTIVE") {
          throw new Problem(
            "CONFLICT",
            "The webhook is disabled, so nothing can be sent to it; enable it first.",
          );
        }
        const now = options.clock();
        const rows =
          "deliveryId" in what
            ? [await oneDelivery(trx, webhookId, what.deliveryId, now)]
            : await ofRange(trx, webhook, what, { now, limit: options.queueLimit });
        await insertDeliveries(trx, rows);
        const subjects = [...new Set(rows.map((row) => row.subject))];
        if (subjects.length > 0) {
          await trx
            .updateTable("webhook_lanes")
            .set({ due_at: 0 })
            .where("webhook_id", "=", webhookId)
            .where("subject", "in", subjects)
            .execute();
        }
        return rows.length;
      });
    },
  };
}

async function requireWebhook(db: Database, id: string) {
  const found = await db
    .selectFrom("webhooks")
    .select(["webhook_id", "events", "status", "team"])
    .where("webhook_id", "=", id)
    .executeTakeFirst();
  if (found === undefined) throw noWebhook(id);
  return found;
}

async function oneDelivery(trx: Database, webhookId: string, id: string, now: number): Promise<DeliveryRow> {
  const found = await trx
    .selectFrom("webhook_deliveries")
    .selectAll()
    .where("webhook_id", "=", webhookId)
    .where("id", "=", id)
    .executeTakeFirst();
  if (found === undefined) {
    throw new Problem(
      "NOT_FOUND",
      `The webhook has no delivery ${id.slice(0, 100)}; it may have been forgotten.`,
    );
  }
  return { ...found, state: "pending", attempts: 0, updated_at: now };
}

async function ofRange(
  trx: Database,
  webhook: Awaited<ReturnType<typeof requireWebhook>>,
  { from, to }: Extract<WebhookReplay, { from: number }>,
  { now, limit }: { readonly now: number; readonly limit: number },
): Promise<readonly DeliveryRow[]> {
  const events = await webhookEvents(trx)
    .where("fanned_out", "=", true)
    .where("time", ">=", from)
    .where("time", "<", to)
    .limit(limit + 1)
    .execute();
  if (events.length > limit) {
    throw new Problem("INVALID_REQUEST", `The range has more than ${limit} events; ask for a shorter one.`);
  }
  return deliveriesOf(webhook, events, now);
}

function readMark(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new Problem("INVALID_REQUEST", "`before` must be the `next` of an earlier page.");
}

const toDelivery = (row: DeliveryRow): WebhookDelivery =>
  webhookDelivery.parse({
    id: row.id,
    event: row.event,
    subject: row.subject,
    state: row.state,
    attempts: row.attempts,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    status: row.status,
    error: row.error,
  });
