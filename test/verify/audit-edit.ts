import type { AuditEntry } from "@bedplate/contract";
import fc from "fast-check";
import { createAuditLog } from "../../runtime/src/store/audit-log.ts";
import type { Database } from "../../runtime/src/store/database.ts";

/** One thing that somebody who owns the database may do to the audit log. */
export interface AuditEdit {
  readonly kind: "change" | "delete" | "insert" | "swap" | "truncate" | "rewrite";
  readonly at: number;
  readonly column: "time" | "actor" | "type" | "subject" | "data" | "previous" | "hash";
  /** Another entry, for a swap. */
  readonly other: number;
  /** Which entries may be named: all before are as they were written. */
  readonly firstBad: { readonly from: number; readonly to: number };
  /** Whether all hashes are right again afterwards, so that only an anchor tells. */
  readonly forged: boolean;
}

/** Edits of a log with so many entries, the same for the same seed. */
export function drawEdits(seed: number, cases: number, entries: number): readonly AuditEdit[] {
  const index = fc.integer({ min: 1, max: entries });
  const drawn = fc.record({
    kind: fc.constantFrom<AuditEdit["kind"][]>("change", "delete", "insert", "swap", "truncate", "rewrite"),
    at: index,
    other: index,
    column: fc.constantFrom<AuditEdit["column"][]>(
      "time",
      "actor",
      "type",
      "subject",
      "data",
      "previous",
      "hash",
    ),
  });
  const distinct = drawn.filter(({ at, other }) => at !== other);
  return fc.sample(distinct, { seed, numRuns: cases }).map((edit) => {
    const from = edit.kind === "swap" ? Math.min(edit.at, edit.other) : edit.at;
    // What was put in has a right hash and goes on from the entry before; what comes after it does not.
    const to = edit.kind === "insert" ? from + 1 : from;
    return { ...edit, firstBad: { from, to }, forged: edit.kind === "rewrite" };
  });
}

type Hash = (entry: AuditEntry) => string;

const aside = 1_000_000;

/** Makes an edit; triggers must be off. */
export async function applyEdit(trx: Database, edit: AuditEdit, hash: Hash): Promise<void> {
  switch (edit.kind) {
    case "change":
      return await change(trx, edit);
    case "delete":
      await trx.deleteFrom("audit_log").where("sequence", "=", edit.at).execute();
      return;
    case "insert":
      return await insert(trx, edit.at, hash);
    case "swap":
      await renumber(trx, edit.at, aside);
      await renumber(trx, edit.other, edit.at);
      return await renumber(trx, aside, edit.other);
    case "truncate":
      return await truncate(trx, edit.at);
    case "rewrite":
      return await rewrite(trx, edit.at, hash);
  }
}

async function change(trx: Database, { at, column }: AuditEdit): Promise<void> {
  const values = {
    time: { time: 1 },
    actor: { actor: "somebody else" },
    type: { type: "dev.bedplate.model.deleted" },
    subject: { subject: "another" },
    data: { data: JSON.stringify({ model: "another" }) },
    previous: { previous: "f".repeat(64) },
    hash: { hash: "f".repeat(64) },
  }[column];
  // The type forbids it: the service itself never changes an entry.
  await trx
    .updateTable("audit_log")
    .set(values as { actor: string })
    .where("sequence", "=", at)
    .execute();
}

async function renumber(trx: Database, from: number, to: number): Promise<void> {
  await trx.updateTable("audit_log").set({ sequence: to }).where("sequence", "=", from).execute();
}

async function all(trx: Database): Promise<AuditEntry[]> {
  const entries: AuditEntry[] = [];
  for await (const entry of createAuditLog(trx).entries({ after: 0, limit: 1_000 })) entries.push(entry);
  return entries;
}

/** Puts an entry that looks right before another one, and moves that and all after it on. */
async function insert(trx: Database, at: number, hash: Hash): Promise<void> {
  const [victim, ...after] = (await all(trx)).slice(at - 1);
  if (victim === undefined) return;
  for (const { sequence } of [victim, ...after].reverse()) await renumber(trx, sequence, sequence + 1);
  const forged = { ...victim, actor: "somebody else" };
  const row = { ...forged, hash: hash(forged), data: JSON.stringify(forged.data) };
  await trx.insertInto("audit_log").values(row).execute();
}

/** Takes an entry and all after it away, and makes the log end where it then does. */
async function truncate(trx: Database, at: number): Promise<void> {
  await trx.deleteFrom("audit_log").where("sequence", ">=", at).execute();
  const last = (await all(trx)).at(-1);
  const head = { sequence: last?.sequence ?? 0, hash: last?.hash ?? "0".repeat(64) };
  await trx.updateTable("audit_head").set(head).execute();
}

/** Changes an entry and writes all hashes after it anew, the log's end included. */
async function rewrite(trx: Database, at: number, hash: Hash): Promise<void> {
  const entries = await all(trx);
  let previous = entries[at - 1]?.previous ?? "";
  for (const entry of entries.slice(at - 1)) {
    const forged = { ...entry, previous, actor: entry.sequence === at ? "somebody else" : entry.actor };
    previous = hash(forged);
    const { actor } = forged;
    await trx
      .updateTable("audit_log")
      .set({ actor, previous: forged.previous, hash: previous })
      .where("sequence", "=", entry.sequence)
      .execute();
  }
  await trx.updateTable("audit_head").set({ hash: previous }).execute();
}
