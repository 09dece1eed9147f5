import type { Selectable } from "kysely";
import { type Page, readPageToken, toPage } from "../domain/page-token.ts";
import { Problem } from "../domain/problem.ts";
import type { Database } from "./database.ts";
import type { Tables } from "./tables.ts";
import { isSeen, type Sight } from "./team-sight.ts";

/** A webhook as callers see it: its secret is never given back. */
export type Webhook = Omit<Selectable<Tables["webhooks"]>, "secret" | "after_sequence" | "team">;

const columns = [
  "webhook_id",
  "name",
  "description",
  "url",
  "events",
  "status",
  "creation_timestamp",
  "last_updated_timestamp",
] as const;

export async function getWebhook(db: Database, id: string): Promise<Webhook> {
  const found = await db
    .selectFrom("webhooks")
    .select(columns)
    .where("webhook_id", "=", id)
    .executeTakeFirst();
  if (found === undefined) throw noWebhook(id);
  return found;
}

export async function listWebhooks(
  db: Database,
  limit: number,
  pageToken: string | undefined,
  sight: Sight = null,
): Promise<Page<Webhook>> {
  const offset = readPageToken(pageToken);
  const rows = await db
    .selectFrom("webhooks")
    .select(columns)
    .where(isSeen(sight, "team"))
    .orderBy("creation_timestamp", "desc")
    .orderBy("webhook_id")
    .limit(limit + 1)
    .offset(offset)
    .execute();
  return toPage(rows, offset, limit);
}

export const noWebhook = (id: string) =>
  new Problem("NOT_FOUND", `Webhook with ID ${id.slice(0, 100)} not found.`);
