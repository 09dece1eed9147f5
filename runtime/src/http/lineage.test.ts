import { randomUUID } from "node:crypto";
import { gzipSync } from "node:zlib";
import { type LineageGraph, lineageGraph, lineageRunEvent } from "@bedplate/contract";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openService, type ServiceUnderTest, token } from "../../testing/service.ts";
import { nodeId, uuidOf } from "../domain/lineage-node.ts";
import { startDelivery } from "../events/delivery.ts";
import { followLineage } from "../provenance.ts";

let service: ServiceUnderTest;
beforeAll(async () => {
  service = await openService();
});
afterAll(() => service.close());

const headers = { host: "127.0.0.1:4680", authorization: `Bearer ${token}` };
const post = (payload: unknown, path = "/api/v1/lineage") =>
  service.app.inject({ method: "POST", url: path, headers, payload: payload as object });
const graph = async (node: string, more = "") =>
  (
    await service.app.inject({
      url: `/api/bedplate/v1/lineage/graph?node=${encodeURIComponent(node)}${more}`,
      headers,
    })
  ).json<LineageGraph>();

const event = (fields: object) => ({
  eventType: "COMPLETE",
  eventTime: "2026-11-23T10:00:00.123+01:00",
  producer: "https://example.com/pipeline",
  schemaURL: "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent",
  run: { runId: randomUUID() },
  job: { namespace: "etl", name: "clean" },
  ...fields,
});
const dataset = (name: string) => ({ namespace: "s3://lake", name });

test("an event is taken as it is, packed, twice and with facets that nobody knows", async () => {
  const sent = event({
    inputs: [dataset("raw")],
    outputs: [dataset("clean")],
    run: { runId: randomUUID(), facets: { spark: { _producer: "x", version: 4, deep: [{ a: null }] } } },
  });
  expect((await post(sent)).statusCode).toBe(200);
  const packed = await service.app.inject({
    method: "POST",
    url: "/api/v1/lineage",
    headers: { ...headers, "content-type": "application/json", "content-encoding": "gzip" },
    payload: gzipSync(JSON.stringify(sent)),
  });
  expect(packed.statusCode).toBe(200);
  const stored = await service.db.selectFrom("lineage_events").select("event").execute();
  expect(stored).toEqual([{ event: sent }]);
  const { nodes, edges } = await graph("dataset:s3%3A%2F%2Flake:raw");
  expect(nodes.map((node) => node.kind).sort()).toEqual(["dataset", "dataset", "run"]);
  expect(edges).toHaveLength(2);
});

test("bad events are a 4xx with every problem; a batch says which of its events were bad", async () => {
  const bad = await post(event({ eventTime: "yesterday", run: { runId: "7" } }));
  expect(bad.statusCode).toBe(400);
  expect((await post(event({ job: { namespace: "ü".repeat(400), name: "x" } }))).statusCode).toBe(400);
  const batch = await post([event({}), event({ producer: 1 }), "x", event({})], "/api/v1/lineage/batch");
  expect(batch.json()).toMatchObject({
    status: "partial_success",
    summary: { received: 4, successful: 2, failed: 2 },
    failed_events: [
      { index: 1, retriable: false },
      { index: 2, retriable: false },
    ],
  });
  const bomb = gzipSync(Buffer.alloc(32 * 1024 * 1024));
  for (const [encoding, payload, status] of [
    ["gzip", bomb, 413],
    ["gzip", Buffer.from("no gzip"), 400],
    ["br", Buffer.from("{}"), 415],
  ] as const) {
    const answer = await service.app.inject({
      method: "POST",
      url: "/api/v1/lineage",
      headers: { ...headers, "content-type": "application/json", "content-encoding": encoding },
      payload,
    });
    expect(answer.statusCode).toBe(status);
  }
});

test("from a data set to what is served and back, without any client's help", async () => {
  const { tracking, registry, settings } = service.ports;
  const experiment = await service.db
    .selectFrom("experiments")
    .select("experiment_id")
    .executeTakeFirstOrThrow();
  const made = { name: "train", userId: "ada", startTime: 1_000, tags: [], actor: "ada" };
  const run = await tracking.runs.create({ ...made, experimentId: experiment.experiment_id });
  await post(event({ outputs: [dataset("iris.csv")], job: { namespace: "etl", name: "export" } }));
  const source = '{"uri": "s3://lake/iris.csv"}';
  const input = { name: "iris", digest: "abc", source_type: "s3", source };
  await tracking.runs.logModels(run.run_id, {
    datasets: [{ dataset: input, tags: [] }],
    models: [],
    direction: "input",
  });
  await registry.models.create({ name: "iris", description: "", tags: [], actor: "ada" });
  const version = { name: "iris", source: `runs:/${run.run_id}/model`, runId: run.run_id, actor: "ada" };
  await registry.versions.create({ ...version, runLink: "", description: "", modelId: "", tags: [] });
  const { alias } = settings.serving;
  await registry.setAlias({ model: "iris", alias, version: 1, actor: "ada" });
  const forth = await graph("dataset:s3%3A%2F%2Flake:iris.csv", "&direction=downstream");
  expect(forth.nodes.map((node) => node.id)).toEqual([
    "dataset:s3%3A%2F%2Flake:iris.csv",
    `run:${run.run_id}`,
    "model-version:iris:1",
    `alias:iris:${alias}`,
  ]);
  expect(forth.nodes.at(-1)?.facts).toEqual({ served: "true" });
  const back = await graph(`alias:iris:${alias}`, "&direction=upstream");
  expect(back.nodes.map((node) => node.label)).toEqual(
    expect.arrayContaining(["s3://lake/iris.csv", "etl/export", "iris version 1"]),
  );
  const near = await graph(`alias:iris:${alias}`, "&depth=1");
  expect(near).toMatchObject({ truncated: true });
  expect(near.nodes).toHaveLength(2);
  await tracking.runs.update(run.run_id, { status: "FINISHED", endTime: 2_000, actor: "ada" });
});

test("what happens here is told as OpenLineage: one START and one end for each run, and nothing twice", async () => {
  const settings = { pollIntervalMs: 5, batchSize: 100, retentionMs: 1_000_000 };
  const deliver = async () => {
    const { close } = startDelivery(
      service.db,
      [followLineage(service.ports)],
      settings,
      (error) => console.error(error),
      Date.now,
    );
    await expect
      .poll(() => service.db.selectFrom("events").select("id").where("delivered_at", "is", null).execute())
      .toEqual([]);
    await close();
  };
  await deliver();
  await service.db.updateTable("events").set({ delivered_at: null }).execute();
  await deliver();
  const rows = await service.db
    .selectFrom("lineage_events")
    .select("event")
    .where("origin", "=", "emitted")
    .orderBy("sequence")
    .execute();
  const events = rows.map((row) => lineageRunEvent.parse(row.event));
  expect(events.map((one) => [one.job.name.split("/")[0], one.eventType])).toEqual([
    ["experiment", "START"],
    ["register", "START"],
    ["register", "COMPLETE"],
    ["experiment", "COMPLETE"],
  ]);
  const [started, , , ended] = events;
  expect(ended?.run.runId).toBe(started?.run.runId);
  expect(ended?.outputs).toMatchObject([{ namespace: "bedplate://models", name: "iris/1" }]);
  expect(ended?.inputs).toMatchObject([
    { namespace: "s3://lake", name: "iris.csv", facets: { version: { datasetVersion: "abc" } } },
  ]);
  expect(uuidOf(ended?.run.runId ?? "")).toBe(ended?.run.runId);
});

test("whatever the graph is, an answer is bounded, whole in itself and ends in spite of circles", async () => {
  const node = fc.integer({ min: 0, max: 12 }).map((n) => `dataset:g:${n}`);
  const edges = fc.array(fc.tuple(node, node), { maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(
      edges,
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 8 }),
      async (pairs, depth, nodeLimit) => {
        await service.db.deleteFrom("lineage_edges").execute();
        for (const [source, target] of pairs) {
          await service.db
            .insertInto("lineage_edges")
            .values({ source, target })
            .onConflict((conflict) => conflict.doNothing())
            .execute();
        }
        const start = nodeId({ kind: "dataset", namespace: "g", name: "0" });
        const query = { node: start, depth, nodeLimit, direction: "both", servingAlias: "champion" } as const;
        const found = lineageGraph.parse(await service.ports.lineage.graph(query));
        const ids = new Set(found.nodes.map((one) => one.id));
        expect(ids.has(start)).toBe(true);
        expect(ids.size).toBeLessThanOrEqual(nodeLimit);
        for (const { from, to } of found.edges) expect(ids.has(from) && ids.has(to)).toBe(true);
        if (found.truncated) return;
        const reached = reach(pairs, start);
        expect(ids).toEqual(reached);
      },
    ),
    { numRuns: 60 },
  );
});

/** Everything that can be reached along the edges, and everything from which the node can be reached. */
function reach(pairs: readonly (readonly [string, string])[], start: string): Set<string> {
  const walk = (next: (id: string) => readonly string[]) => {
    const seen = new Set([start]);
    for (const id of seen) for (const other of next(id)) seen.add(other);
    return seen;
  };
  const down = walk((id) => pairs.filter(([from]) => from === id).map(([, to]) => to));
  const up = walk((id) => pairs.filter(([, to]) => to === id).map(([from]) => from));
  return new Set([...down, ...up]);
}
