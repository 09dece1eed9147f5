import { spawn } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { linearModel } from "../../runtime/testing/onnx-model.ts";
import { collect, ensurePython } from "../../tools/peers/python.ts";
import { type RuntimeProcess, startRuntime } from "./runtime-process.ts";
import { serveModel } from "./served-models.ts";

const hookTimeoutMs = 900_000;

let runtime: RuntimeProcess;
let python: string;
beforeAll(async () => {
  python = await ensurePython(["kserve==0.21.0"]);
  runtime = await startRuntime();
  await serveModel(runtime, "linear", linearModel([1, 10], 0.5));
}, hookTimeoutMs);
afterAll(() => runtime?.stop());

async function run(command: string, args: readonly string[]) {
  const env = {
    PATH: process.env.PATH,
    CHECK_URL: runtime.url,
    CHECK_GRPC: runtime.grpcAddress,
    CHECK_TOKEN: runtime.token,
  };
  return await collect(spawn(command, args, { env, stdio: ["ignore", "pipe", "pipe"] }));
}

test("KServe's SDK predicts over V1, V2 in JSON and in binary, and gRPC", async () => {
  const { status, output } = await run(python, [join(import.meta.dirname, "kserve_checks.py")]);
  expect(status, output).toBe(0);
});

test("curl predicts as the documentation shows it", async () => {
  const body = JSON.stringify({ inputs: [{ name: "x", datatype: "FP32", shape: [1, 2], data: [3, 4] }] });
  const address = `${runtime.url}/v2/models/linear/infer`;
  const { output } = await run("curl", [
    ...["--silent", "--show-error", "--compressed", "--header", `Authorization: Bearer ${runtime.token}`],
    ...["--header", "Content-Type: application/json", "--data", body, address],
  ]);
  expect(JSON.parse(output)).toMatchObject({ outputs: [{ name: "y", data: [43.5] }] });
});
