import { randomUUID } from "node:crypto";
import { type EventData, type EventType, eventData, type PlatformEvent } from "@bedplate/contract";
import { type RawBuilder, sql } from "kysely";
import { isForWebhooks } from "../domain/webhook-payload.ts";
import { appendAudit, isAudited } from "./audit-log.ts";
import type { Database } from "./database.ts";

interface NewEvent<T extends EventType> {
  readonly type: T;
  readonly subject: string;
  readonly actor: string;
  readonly time: number;
  readonly data: EventData<T>;
  /** The team of the registered model that it is about, where that is no longer there to be looked up. */
  readonly team?: string;
}

/**
 * Writes an event and its audit entry in the caller's transaction, so that the change and what is told of it stand or
 * fall together. Lock what the change needs before: the end of the audit log stays locked until the commit.
 */
export async function announce<T extends EventType>(
  transaction: Database,
  { team, ...event }: NewEvent<T>,
): Promise<void> {
  const forWebhooks = isForWebhooks(event.type);
  const teamOfModel = sql<string | null>`(select team from registered_models where name = ${event.subject})`;
  const data = eventData[event.type].parse(event.data);
  await transaction
    .insertInto("events")
    .values({
      ...event,
      id: randomUUID(),
      data: JSON.stringify(data),
      for_webhooks: forWebhooks,
      team: team ?? (forWebhooks ? teamOfModel : null),
    })
    .execute();
  await appendAudit(transaction, { ...event, data });
}

/**
 * Writes an event as a part of a statement, once for each row of `made`. Only for events that have neither an audit
 * entry nor a webhook, which need statements of their own.
 */
export function announcement<T extends EventType>(
  { type, subject, actor, time, data }: NewEvent<T>,
  made: RawBuilder<unknown>,
): RawBuilder<unknown> {
  if (isAudited(type) || isForWebhooks(type)) throw new Error(`${type} is announced by itself`);
  const text = JSON.stringify(eventData[type].parse(data));
  return sql`insert into events (id, type, subject, actor, time, data, for_webhooks)
    select ${randomUUID()}::text, ${type}::text, ${subject}::text, ${actor}::text, ${time}::bigint, ${text}::jsonb, false
    from ${made}`;
}

/** The events that wait, oldest first. */
export async function pendingEvents(
  db: Database,
  limit: number,
): Promise<readonly (PlatformEvent & { sequence: number })[]> {
  const rows = await db
    .selectFrom("events")
    .selectAll()
    .where("delivered_at", "is", null)
    .orderBy("sequence")
    .limit(limit)
    .execute();
  return rows.map((row) => ({ ...row, type: row.type as EventType, data: row.data as EventData<EventType> }));
}

export async function markDelivered(db: Database, sequences: readonly number[], time: number): Promise<void> {
  if (sequences.length === 0) return;
  await db.updateTable("events").set({ delivered_at: time }).where("sequence", "in", sequences).execute();
}

export async function countPending(db: Database): Promise<number> {
  const row = await db
    .selectFrom("events")
    .select((eb) => eb.fn.countAll<string>().as("count"))
    .where("delivered_at", "is", null)
    .executeTakeFirstOrThrow();
  return Number(row.count);
}

/** Forgets delivered events older than the given time, but none that webhooks still wait for. */
export async function forgetDelivered(db: Database, before: number): Promise<void> {
  await db
    .deleteFrom("events")
    .where("delivered_at", "<", before)
    .where((eb) => eb.or([eb("fanned_out", "=", true), eb("for_webhooks", "=", false)]))
    .execute();
}
