import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { LineageGraph } from "@bedplate/contract";
import { afterAll, beforeAll, expect, test } from "vitest";
import { wordRunEvent } from "../../runtime/src/domain/lineage-event.ts";
import { collect, ensurePython } from "../../tools/peers/python.ts";
import { type RuntimeProcess, startRuntime } from "./runtime-process.ts";

const script = join(import.meta.dirname, "openlineage_checks.py");
const hookTimeoutMs = 900_000;

let runtime: RuntimeProcess;
let python: string;
beforeAll(async () => {
  python = await ensurePython(["openlineage-python==1.54.0"]);
  runtime = await startRuntime();
}, hookTimeoutMs);
afterAll(() => runtime.stop());

test.each([
  ["plain", {}],
  ["packed", { OPENLINEAGE__TRANSPORT__COMPRESSION: "gzip" }],
])("the Python client reports a run by its environment alone, %s", async (_, compression) => {
  const runId = randomUUID();
  const packed = Object.keys(compression).length > 0;
  const address = packed
    ? {
        OPENLINEAGE__TRANSPORT__TYPE: "http",
        OPENLINEAGE__TRANSPORT__URL: runtime.url,
        OPENLINEAGE__TRANSPORT__AUTH: JSON.stringify({ type: "api_key", apiKey: runtime.token }),
      }
    : { OPENLINEAGE_URL: runtime.url, OPENLINEAGE_API_KEY: runtime.token };
  const env = { PATH: process.env.PATH, CHECK_RUN_ID: runId, ...address, ...compression };
  const { status, output } = await collect(
    spawn(python, [script, "emit"], { env, stdio: ["ignore", "pipe", "pipe"] }),
  );
  expect(status, output).toBe(0);
  const node = encodeURIComponent(`run:${runId}`);
  const answer = await fetch(`${runtime.url}/api/bedplate/v1/lineage/graph?node=${node}`, {
    headers: { authorization: `Bearer ${runtime.token}` },
  });
  const graph = (await answer.json()) as LineageGraph;
  const run = graph.nodes.find((one) => one.kind === "run");
  expect(run?.facts).toEqual({ job: "etl/export", state: "COMPLETE" });
  expect(graph.nodes.map((one) => one.label).sort()).toEqual(
    ["etl/export", "postgres://db/public.flowers", "s3://lake/iris.csv", run?.label].sort(),
  );
});

test("what we tell is what the Python client's own classes take, under the same schema", async () => {
  const change = {
    time: Date.now(),
    runId: randomUUID(),
    job: { namespace: "bedplate://local", name: "training/iris", type: "TRAINING" },
    parent: { runId: randomUUID(), namespace: "bedplate://local", name: "training/parent" },
    inputs: [{ namespace: "s3://lake", name: "iris.csv", digest: "abc" }],
    outputs: [{ namespace: "bedplate://models", name: "iris/1" }],
  };
  const events = (["START", "COMPLETE", "FAIL", "ABORT"] as const).map((type) =>
    wordRunEvent({ ...change, type }, "urn:bedplate:runtime:0.1.0"),
  );
  const child = spawn(python, [script, "read"], {
    env: { PATH: process.env.PATH },
    stdio: ["pipe", "pipe", "pipe"],
  });
  child.stdin.end(JSON.stringify(events));
  const { status, output } = await collect(child);
  expect(status, output).toBe(0);
  expect(output).toContain("DONE");
});
