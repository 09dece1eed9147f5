import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { nodeId } from "../../runtime/src/domain/lineage-node.ts";
import { createLineageStore } from "../../runtime/src/store/lineage-store.ts";
import { createRegistryStore } from "../../runtime/src/store/registry-store.ts";
import { createSignatureStore } from "../../runtime/src/store/signature-store.ts";
import { openSigningKeys } from "../../runtime/src/store/signing-keys.ts";
import { openPostgresDatabase, type PostgresDatabase } from "../support/postgres-database.ts";

let opened: PostgresDatabase;
beforeAll(async () => {
  opened = await openPostgresDatabase(16);
});
afterAll(() => opened.close());

test("many writers of one graph do not wait for each other for ever, and a run that ended stays ended", async () => {
  const lineage = createLineageStore(opened.db, Date.now);
  const runId = randomUUID();
  const names = ["a", "b", "c", "d"].map((name) => ({ namespace: "s3://lake", name }));
  const event = (eventType: "START" | "RUNNING" | "COMPLETE", number: number) => ({
    eventType,
    eventTime: new Date(number).toISOString(),
    producer: "urn:test",
    run: { runId },
    job: { namespace: "etl", name: "many" },
    inputs: number % 2 === 0 ? names : names.toReversed(),
    outputs: [{ namespace: "s3://lake", name: `\u0000${number}` }],
  });
  await lineage.receive(event("COMPLETE", 1_000));
  const late = Array.from({ length: 40 }, (_, number) => event(number === 0 ? "START" : "RUNNING", number));
  await Promise.all([...late, ...late].map((one) => lineage.receive(one)));
  const node = nodeId({ kind: "run", runId });
  const graph = await lineage.graph({
    node,
    depth: 3,
    direction: "both",
    nodeLimit: 100,
    servingAlias: "champion",
  });
  expect(graph.nodes.find((one) => one.id === node)?.facts).toMatchObject({ state: "COMPLETE" });
  expect(graph.nodes).toHaveLength(1 + 1 + 4 + 41);
  const { count } = await opened.db
    .selectFrom("lineage_events")
    .select((eb) => eb.fn.countAll().as("count"))
    .executeTakeFirstOrThrow();
  expect(Number(count)).toBe(41);
});

test("a version is signed in the transaction that registers it, and signing again takes its place", async () => {
  const keys = await openSigningKeys(join(opened.folder, "key.pem"), undefined);
  const open = () => Promise.reject(new Error("not read"));
  const { db } = opened;
  const signatures = createSignatureStore({ db, open, clock: Date.now, keys, required: true });
  const registry = createRegistryStore(db, Date.now, undefined, {
    settle: async () => {},
    sign: signatures.signNew,
  });
  const row = { path: "files/1/model.onnx", digest: "a".repeat(64), size: 1, created_at: 1 };
  await db.insertInto("artifacts").values(row).execute();
  await registry.models.create({ name: "m", description: "", tags: [], actor: "ada" });
  const made = { description: "", modelId: "", runId: "", runLink: "", tags: [], actor: "ada" };
  await registry.versions.create({ ...made, name: "m", source: "mlflow-artifacts:/files/1" });
  expect(await signatures.report("m", 1, "digests")).toMatchObject({ state: "valid" });
  await Promise.all(Array.from({ length: 8 }, () => signatures.sign("m", 1, "bob")));
  const { signatures: found } = await signatures.report("m", 1, "digests");
  expect(found).toMatchObject([{ createdBy: "bob", valid: true }]);
  await registry.models.rename("m", "renamed");
  expect(await signatures.report("renamed", 1, "digests")).toMatchObject({ state: "valid" });
  await expect(signatures.check({ model: "renamed", version: 1, artifactPath: "files/1" })).rejects.toThrow(
    "other bytes in the object store",
  );
});
