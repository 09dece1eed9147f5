import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { collect, ensurePython } from "../../tools/peers/python.ts";
import { type RuntimeProcess, startRuntime } from "./runtime-process.ts";

/** Releases of the client that are proved, each with what it needs to log and load models. */
const clients = [
  {
    release: "3.17.2",
    packages: [
      "mlflow-skinny==3.17.2",
      "numpy==2.4.6",
      "pandas==3.1.1",
      "onnx==1.23.2",
      "onnxruntime==1.32.0",
    ],
  },
  {
    release: "2.22.5",
    packages: [
      "mlflow-skinny==2.22.5",
      "numpy==2.4.6",
      "pandas==2.3.3",
      "onnx==1.23.2",
      "onnxruntime==1.32.0",
      "setuptools<81",
    ],
  },
];

const script = join(import.meta.dirname, "mlflow_checks.py");
const checks = [...readFileSync(script, "utf8").matchAll(/^def (check_\w+)/gm)].flatMap(([, name]) =>
  name === undefined ? [] : [name],
);
const hookTimeoutMs = 900_000;

interface Result {
  readonly check: string;
  readonly error: string | null;
  readonly skipped: string | null;
}

let runtime: RuntimeProcess | undefined;
beforeAll(async () => {
  runtime = await startRuntime();
}, hookTimeoutMs);
afterAll(() => runtime?.stop());

/** All checks in one Python process, because importing the client takes longer than using it. */
async function runChecks(
  runtime: RuntimeProcess,
  packages: readonly string[],
): Promise<ReadonlyMap<string, Result>> {
  const python = await ensurePython(packages);
  const environment = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    MLFLOW_TRACKING_URI: runtime.url,
    MLFLOW_TRACKING_TOKEN: runtime.token,
    MLFLOW_HTTP_REQUEST_MAX_RETRIES: "0",
    MLFLOW_DISABLE_TELEMETRY: "true",
    GIT_PYTHON_REFRESH: "quiet",
    CHECK_SERVING: "yes",
  };
  const child = spawn(python, [script], { env: environment, stdio: ["ignore", "pipe", "pipe"] });
  const { output } = await collect(child);
  const results = output
    .split("\n")
    .filter((line) => line.startsWith("RESULT "))
    .map((line) => JSON.parse(line.slice("RESULT ".length)) as Result);
  if (results.length === 0) throw new Error(`No check ran:\n${output.slice(-4_000)}`);
  return new Map(results.map((result) => [result.check, result]));
}

describe.each(clients)("mlflow $release", ({ packages }) => {
  let results: ReadonlyMap<string, Result> = new Map();
  beforeAll(async () => {
    if (runtime !== undefined) results = await runChecks(runtime, packages);
  }, hookTimeoutMs);

  for (const check of checks) {
    test(check.slice("check_".length).replaceAll("_", " "), (context) => {
      const result = results.get(check);
      context.skip(result?.skipped != null, result?.skipped ?? "");
      expect(result === undefined ? "did not run" : (result.error ?? "")).toBe("");
    });
  }
});
