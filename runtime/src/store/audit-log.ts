import { createHash } from "node:crypto";
import {
  type AuditEntry,
  type AuditHead,
  type AuditPage,
  auditHash,
  type EventType,
  emptyAuditHead,
  type Sha256,
} from "@bedplate/contract";
import type { Selectable } from "kysely";
import type { Database } from "./database.ts";
import type { Tables } from "./tables.ts";

/**
 * What has no audit entry. Runs are made by the thousand, by many writers at once, and each entry waits for the one
 * before it to be committed; a run's own rows say who made it and when.
 */
const unaudited: ReadonlySet<EventType> = new Set(["dev.bedplate.run.created", "dev.bedplate.run.finished"]);

/** Whether events of a type have an entry. */
export const isAudited = (type: EventType): boolean => !unaudited.has(type);

interface AuditedEvent {
  readonly type: EventType;
  readonly subject: string;
  readonly actor: string;
  readonly time: number;
  readonly data: object;
}

const sha256: Sha256 = (text) => createHash("sha256").update(text).digest("hex");

/**
 * Adds an event to the log in the caller's transaction. The row of the log's end is locked until that commits, so
 * entries are numbered without gaps in the order of commits; nothing that others wait for should be locked after it.
 */
export async function appendAudit(trx: Database, event: AuditedEvent): Promise<void> {
  const { type, subject, actor, time, data } = event;
  if (!isAudited(type)) return;
  const head = await trx
    .selectFrom("audit_head")
    .select(["sequence", "hash"])
    .forUpdate()
    .executeTakeFirstOrThrow();
  const content = {
    sequence: head.sequence + 1,
    time,
    actor,
    type,
    subject,
    data: { ...data },
    previous: head.hash,
  };
  const hash = auditHash(content, sha256);
  await trx
    .with("moved", (query) => query.updateTable("audit_head").set({ sequence: content.sequence, hash }))
    .insertInto("audit_log")
    .values({ ...content, data: JSON.stringify(data), hash })
    .execute();
}

export interface AuditQuery {
  /** The last entry of the page before; 0 for the first page. */
  readonly after: number;
  readonly limit: number;
  readonly subject?: string | undefined;
  readonly actor?: string | undefined;
  readonly type?: string | undefined;
}

/** Reads the audit log; only events write it. */
export function createAuditLog(db: Database) {
  async function page(query: AuditQuery): Promise<AuditPage> {
    let rows = db.selectFrom("audit_log").selectAll().where("sequence", ">", query.after);
    for (const column of ["subject", "actor", "type"] as const) {
      const wanted = query[column];
      if (wanted !== undefined) rows = rows.where(column, "=", wanted);
    }
    const found = await rows
      .orderBy("sequence")
      .limit(query.limit + 1)
      .execute();
    const entries = found.slice(0, query.limit).map(entryOf);
    return { entries, next: found.length > query.limit ? (entries.at(-1)?.sequence ?? null) : null };
  }

  return {
    page,

    async head(): Promise<AuditHead> {
      const row = await db.selectFrom("audit_head").select(["sequence", "hash"]).executeTakeFirst();
      return row ?? emptyAuditHead;
    },

    /** The hash that an entry has; null where there is no such entry. */
    async hashAt(sequence: number): Promise<string | null> {
      const query = db.selectFrom("audit_log").select("hash").where("sequence", "=", sequence);
      return (await query.executeTakeFirst())?.hash ?? null;
    },

    /** All entries from a page on, fetched as they are asked for. */
    async *entries(query: AuditQuery): AsyncGenerator<AuditEntry> {
      let after: number | null = query.after;
      while (after !== null) {
        const next: AuditPage = await page({ ...query, after });
        yield* next.entries;
        after = next.next;
      }
    },
  };
}

export type AuditLog = ReturnType<typeof createAuditLog>;

function entryOf(row: Selectable<Tables["audit_log"]>): AuditEntry {
  const { sequence, time, actor, type, subject, data, previous, hash } = row;
  return { sequence, time, actor, type, subject, data, previous, hash };
}
