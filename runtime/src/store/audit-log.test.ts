import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestDatabase } from "../../testing/memory-database.ts";
import { anchorAudit } from "../events/anchoring.ts";
import { openAuditAnchorFolder } from "./audit-anchor-folder.ts";
import { createAuditLog } from "./audit-log.ts";
import type { Database } from "./database.ts";
import { announce } from "./outbox.ts";
import { createRegistryStore } from "./registry-store.ts";

let opened: Awaited<ReturnType<typeof openTestDatabase>>;
let db: Database;
let folder = "";
beforeAll(async () => {
  opened = await openTestDatabase();
  db = opened.db;
  folder = await mkdtemp(join(tmpdir(), "bedplate-audit-"));
});
afterAll(async () => {
  await opened.close();
  await rm(folder, { recursive: true });
});

const tell = (model: string) =>
  db.transaction().execute((trx) =>
    announce(trx, {
      type: "dev.bedplate.model.registered",
      subject: model,
      actor: "ann",
      time: 1,
      data: { model },
    }),
  );

test("the database refuses to change, delete or empty the audit log and the history, whoever asks", async () => {
  const registry = createRegistryStore(db);
  await registry.models.create({ name: "m", description: "", tags: [], actor: "ann" });
  const blank = { runId: "", runLink: "", description: "", modelId: "", tags: [], actor: "ann" };
  await registry.versions.create({ name: "m", source: "mlflow-artifacts:/0/x", ...blank });
  await registry.setAlias({ model: "m", alias: "champion", version: 1, actor: "ann" });
  const refused = [
    "update audit_log set actor = 'bob'",
    "delete from audit_log",
    "truncate audit_log",
    "update audit_head set hash = 'x'",
    "update audit_head set sequence = 0",
    "delete from audit_head",
    "truncate audit_head",
    "update registry_history set actor = 'bob'",
    "delete from registry_history",
    "truncate registry_history",
  ];
  for (const statement of refused) {
    await expect(sql.raw(statement).execute(db), statement).rejects.toThrow(/never changed|only moves on/);
  }
});

test("an entry stands or falls with the change that it tells of", async () => {
  const log = createAuditLog(db);
  const before = await log.head();
  const broken = db.transaction().execute(async (trx) => {
    const data = { model: "half" };
    await announce(trx, {
      type: "dev.bedplate.model.registered",
      subject: "half",
      actor: "ann",
      time: 1,
      data,
    });
    throw new Error("it went wrong after that");
  });
  await expect(broken).rejects.toThrow("after that");
  expect(await log.head()).toEqual(before);
  await tell("whole");
  expect((await log.head()).sequence).toBe(before.sequence + 1);
});

test("anchors are kept once, the oldest go first, and a log that is another one by now is not anchored", async () => {
  const log = createAuditLog(db);
  const anchors = await openAuditAnchorFolder(folder, 2);
  for (const name of ["a", "b", "c"]) {
    await tell(name);
    await anchorAudit(log, anchors, 5);
    await anchorAudit(log, anchors, 6);
  }
  const { sequence } = await log.head();
  expect((await anchors.list()).map((anchor) => [anchor.sequence, anchor.time])).toEqual([
    [sequence - 1, 5],
    [sequence, 5],
  ]);
  expect(await readdir(join(folder, "audit-anchors"))).toHaveLength(2);
  const rewritten = { ...log, hashAt: async () => "another" };
  await expect(anchorAudit(rewritten, anchors, 7)).rejects.toThrow(/not the one that was anchored/);
});
