import { randomUUID } from "node:crypto";
import type { WebhookEvent, WebhookStatus } from "@bedplate/contract";
import { sql } from "kysely";
import { Problem } from "../domain/problem.ts";
import { lock } from "./advisory-lock.ts";
import type { Database } from "./database.ts";
import { announce } from "./outbox.ts";
import { keepQuota } from "./team-quota.ts";
import { getWebhook, listWebhooks, noWebhook, type Webhook } from "./webhook-rows.ts";
import type { Sealer } from "./webhook-secret.ts";

export interface WebhookFields {
  readonly name: string;
  readonly description: string;
  readonly url: string;
  readonly events: readonly WebhookEvent[];
  /** Empty for no signature. */
  readonly secret: string;
  readonly status: WebhookStatus;
}

export interface WebhookStoreOptions {
  readonly clock: () => number;
  /** Null where no key file is set. */
  readonly sealer: Sealer | null;
  /** Throws when the address is one that may never be called. */
  readonly checkUrl: (url: string) => void;
  readonly limit: number;
}

/** Of whatever the database holds when the statement runs. */
const newestEvent = sql<number>`(select coalesce(max(sequence), 0) from events)`;
/** Number of the lock under which webhooks are counted. */
const countLock = 4_680_052;

/** Webhooks: who wants to hear of what. Secrets are stored sealed. */
export function createWebhookStore(db: Database, options: WebhookStoreOptions) {
  const { clock, checkUrl, sealer, limit } = options;

  const get = getWebhook.bind(null, db);

  return {
    get,
    list: listWebhooks.bind(null, db),

    /** `team` is whose events the webhook hears of; null for those of every team. */
    async create(fields: WebhookFields, actor: string, team: string | null = null): Promise<Webhook> {
      checkUrl(fields.url);
      const id = randomUUID();
      const time = clock();
      const secret = sealSecret(fields.secret, id, sealer);
      await db.transaction().execute(async (trx) => {
        await requireRoom(trx, limit);
        const stamps = { creation_timestamp: time, last_updated_timestamp: time };
        const events = JSON.stringify(fields.events);
        await trx
          .insertInto("webhooks")
          .values({ ...fields, webhook_id: id, team, events, secret, ...stamps, after_sequence: newestEvent })
          .execute();
        if (team !== null) await keepQuota(trx, "webhooks", team);
        const data = { webhookId: id, name: fields.name };
        await announce(trx, { type: "dev.bedplate.webhook.created", subject: id, actor, time, data });
      });
      return await get(id);
    },

    async update(id: string, fields: Partial<WebhookFields>, actor: string): Promise<Webhook> {
      if (fields.url !== undefined) checkUrl(fields.url);
      const { events, secret, ...plain } = fields;
      const time = clock();
      const values = {
        ...plain,
        ...(events === undefined ? {} : { events: JSON.stringify(events) }),
        ...(secret === undefined ? {} : { secret: sealSecret(secret, id, sealer) }),
        last_updated_timestamp: time,
      };
      await db.transaction().execute(async (trx) => {
        const changed = await trx
          .updateTable("webhooks")
          .set(values)
          .where("webhook_id", "=", id)
          .returning("name")
          .executeTakeFirst();
        if (changed === undefined) throw noWebhook(id);
        const data = { webhookId: id, name: changed.name };
        await announce(trx, { type: "dev.bedplate.webhook.updated", subject: id, actor, time, data });
      });
      return await get(id);
    },

    /** Deletes a webhook with what waits for it and its history. */
    async delete(id: string, actor: string): Promise<void> {
      await db.transaction().execute(async (trx) => {
        const deleted = await trx
          .deleteFrom("webhooks")
          .where("webhook_id", "=", id)
          .returning("name")
          .executeTakeFirst();
        if (deleted === undefined) throw noWebhook(id);
        const data = { webhookId: id, name: deleted.name };
        const time = clock();
        await announce(trx, { type: "dev.bedplate.webhook.deleted", subject: id, actor, time, data });
      });
    },

    /** Where to send and how to sign; the secret is opened, null where there is none. */
    async receiver(id: string): Promise<Receiver> {
      const found = await db
        .selectFrom("webhooks")
        .select(["url", "secret", "events", "status"])
        .where("webhook_id", "=", id)
        .executeTakeFirst();
      if (found === undefined) throw noWebhook(id);
      return { ...found, secret: openSecret(found.secret, id, sealer) };
    },
  };
}

/** Where a webhook's events go. */
export interface Receiver {
  readonly url: string;
  readonly secret: string | null;
  readonly events: readonly WebhookEvent[];
  readonly status: WebhookStatus;
}

function sealSecret(secret: string, id: string, sealer: Sealer | null): string | null {
  if (secret === "") return null;
  if (sealer === null) {
    throw new Problem(
      "INVALID_REQUEST",
      "This installation has no key to keep a webhook's secret with. Set webhooks.sealKeyFile, or leave the secret out.",
    );
  }
  return sealer.seal(secret, id);
}

function openSecret(sealed: string | null, id: string, sealer: Sealer | null): string | null {
  if (sealed === null) return null;
  try {
    if (sealer !== null) return sealer.open(sealed, id);
  } catch {
    // Said below: whatever the cipher says is of no use to a person.
  }
  throw new Problem(
    "CONFLICT",
    "The webhook's secret cannot be opened with this installation's key; set the secret again.",
  );
}

async function requireRoom(trx: Database, limit: number): Promise<void> {
  await lock(trx, countLock);
  const { n } = await trx
    .selectFrom("webhooks")
    .select((eb) => eb.fn.countAll<string>().as("n"))
    .executeTakeFirstOrThrow();
  if (Number(n) < limit) return;
  throw new Problem(
    "QUEUE_FULL",
    `There are ${n} webhooks and the limit is ${limit}; delete one, or raise webhooks.limit.`,
  );
}
