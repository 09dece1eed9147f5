import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { collect } from "../../tools/peers/python.ts";
import { ensureMlflow, mlflowReleases } from "./mlflow-releases.ts";
import { startMlflowServer } from "./mlflow-server.ts";
import { startRuntime } from "./runtime-process.ts";

const folder = import.meta.dirname;
const checks = readdirSync(folder)
  .filter((file) => /^mlflow_\w+_checks\.py$/.test(file))
  .flatMap((file) => [...readFileSync(join(folder, file), "utf8").matchAll(/^def (check_\w+)/gm)])
  .flatMap(([, name]) => (name === undefined ? [] : [name]));
const hookTimeoutMs = 900_000;

interface Result {
  readonly check: string;
  readonly error: string | null;
  readonly skipped: string | null;
}

interface Server {
  readonly url: string;
  readonly token: string;
  readonly stop: () => Promise<void>;
}

/** Who answers the clients; the real server keeps the checks honest. */
const servers = {
  bedplate: () => startRuntime(),
  mlflow: async (python: string) => ({ ...(await startMlflowServer(python)), token: "none" }),
} satisfies Record<string, (python: string) => Promise<Server>>;

/** All checks in one Python process, because importing the client takes longer than using it. */
async function runChecks(python: string, name: string, server: Server): Promise<ReadonlyMap<string, Result>> {
  const environment = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    MLFLOW_TRACKING_URI: server.url,
    MLFLOW_TRACKING_TOKEN: server.token,
    MLFLOW_HTTP_REQUEST_MAX_RETRIES: "0",
    MLFLOW_DISABLE_TELEMETRY: "true",
    GIT_PYTHON_REFRESH: "quiet",
    PYTHONDONTWRITEBYTECODE: "1",
    CHECK_SERVER: name,
  };
  const script = join(folder, "mlflow_checks.py");
  const child = spawn(python, [script], { env: environment, stdio: ["ignore", "pipe", "pipe"] });
  const { output } = await collect(child);
  const results = output
    .split("\n")
    .filter((line) => line.startsWith("RESULT "))
    .map((line) => JSON.parse(line.slice("RESULT ".length)) as Result);
  if (results.length === 0) throw new Error(`No check ran:\n${output.slice(-4_000)}`);
  return new Map(results.map((result) => [result.check, result]));
}

const pairs = mlflowReleases.flatMap((client) =>
  (["bedplate", "mlflow"] as const).map((name) => ({ ...client, name })),
);

describe.each(pairs)("mlflow $release with the server of $name", (client) => {
  let server: Server | undefined;
  let results: ReadonlyMap<string, Result> = new Map();
  beforeAll(async () => {
    const python = await ensureMlflow(client);
    server = await servers[client.name](python);
    results = await runChecks(python, client.name, server);
  }, hookTimeoutMs);
  afterAll(() => server?.stop());

  for (const check of checks) {
    test(check.slice("check_".length).replaceAll("_", " "), (context) => {
      const result = results.get(check);
      context.skip(result?.skipped != null, result?.skipped ?? "");
      expect(result === undefined ? "did not run" : (result.error ?? "")).toBe("");
    });
  }
});
