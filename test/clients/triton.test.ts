import { spawn } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { elementTypes, identityModel, linearModel } from "../../runtime/testing/onnx-model.ts";
import { collect, ensurePython } from "../../tools/peers/python.ts";
import { type RuntimeProcess, startRuntime } from "./runtime-process.ts";
import { serveModel } from "./served-models.ts";

const script = join(import.meta.dirname, "triton_checks.py");
const grpcScript = join(import.meta.dirname, "triton_grpc_checks.py");
const hookTimeoutMs = 900_000;
const packages = ["tritonclient[http,grpc]==2.73.0", "numpy==2.4.6"];

let runtime: RuntimeProcess;
let python: string;
beforeAll(async () => {
  python = await ensurePython(packages);
  runtime = await startRuntime();
  await serveModel(runtime, "linear", linearModel([1, 10], 0.5));
  for (const type of Object.keys(elementTypes) as (keyof typeof elementTypes)[]) {
    await serveModel(runtime, `identity-${type}`, identityModel(type, 2));
  }
}, hookTimeoutMs);
afterAll(() => runtime.stop());

async function check(script: string, name: string, address: string): Promise<void> {
  const env = { PATH: process.env.PATH, CHECK_URL: address, CHECK_TOKEN: runtime.token };
  const { status, output } = await collect(
    spawn(python, [script, name], { env, stdio: ["ignore", "pipe", "pipe"] }),
  );
  expect(status, output).toBe(0);
}

test.each(["about", "values", "linear", "async", "packed", "errors", "repository", "aio"])(
  "Triton's Python client over HTTP: %s",
  (name) => check(script, name, new URL(runtime.url).host),
);

/** One call for all: most of the time of a call is the client's own start. */
test("Triton's Python client over gRPC", () => check(grpcScript, "all", runtime.grpcAddress));
