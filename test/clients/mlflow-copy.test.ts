import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { CopyReport } from "../../cli/mlflow/report.ts";
import { collect } from "../../tools/peers/python.ts";
import { ensureMlflow, mlflowReleases } from "./mlflow-releases.ts";
import { type MlflowServer, startMlflowServer } from "./mlflow-server.ts";
import { takeSnapshot } from "./mlflow-snapshot.ts";
import { type RuntimeProcess, startRuntime } from "./runtime-process.ts";

const hookTimeoutMs = 900_000;
const root = join(import.meta.dirname, "../..");

let python: string;
let source: MlflowServer;
let target: MlflowServer;
let runtime: RuntimeProcess;
beforeAll(async () => {
  const [newest] = mlflowReleases;
  python = await ensureMlflow(newest);
  [source, target, runtime] = await Promise.all([
    startMlflowServer(python),
    startMlflowServer(python),
    startRuntime(),
  ]);
  const env = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    MLFLOW_TRACKING_URI: source.url,
    MLFLOW_DISABLE_TELEMETRY: "true",
    GIT_PYTHON_REFRESH: "quiet",
  };
  const script = join(import.meta.dirname, "mlflow_copy_seed.py");
  const { output } = await collect(spawn(python, [script], { env, stdio: ["ignore", "pipe", "pipe"] }));
  expect(output).toContain("SEEDED");
}, hookTimeoutMs);
afterAll(async () => {
  await Promise.all([source?.stop(), target?.stop(), runtime?.stop()]);
});

function bedplate(...args: string[]): ChildProcess {
  return spawn(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", join(root, "cli/bin/bedplate.js"), ...args, "--json"],
    {
      env: { PATH: process.env.PATH, BEDPLATE_URL: runtime.url, BEDPLATE_TOKEN: runtime.token },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
}

async function copy(...args: string[]): Promise<CopyReport> {
  const { status, output } = await collect(bedplate(...args));
  expect(status, output).toBe(0);
  return JSON.parse(output.slice(output.lastIndexOf('{"from"'))) as CopyReport;
}

const changes = ({ counts }: CopyReport) =>
  Object.values(counts).reduce((sum, { made, changed }) => sum + made + changed, 0);

async function runsCopied(): Promise<number> {
  const { experiments } = await takeSnapshot(runtime.url, runtime.token).catch(() => ({ experiments: {} }));
  const many = (experiments as Record<string, { readonly runs: object }>).many;
  return Object.keys(many?.runs ?? {}).length;
}

test("a dry run says what there is and makes nothing", async () => {
  const before = await takeSnapshot(runtime.url, runtime.token);
  const report = await copy("import", "mlflow", source.url, "--dry-run");
  expect(report.counts).toMatchObject({
    experiments: { made: 2 },
    runs: { made: 63 },
    loggedModels: { made: 1 },
    registeredModels: { made: 4 },
    modelVersions: { made: 6 },
  });
  expect(await takeSnapshot(runtime.url, runtime.token)).toEqual(before);
});

test("an import that is killed half way is completed by the next, and a third changes nothing", async () => {
  const killed = bedplate("import", "mlflow", source.url);
  const ended = once(killed, "close");
  while ((await runsCopied()) < 5 && killed.exitCode === null) await wait(50);
  killed.kill("SIGKILL");
  await ended;
  const half = await runsCopied();
  expect(half).toBeGreaterThan(0);
  expect(half).toBeLessThan(60);

  const report = await copy("import", "mlflow", source.url);
  expect(report.counts.runs.made + report.counts.runs.there).toBe(63);
  expect(report.failed).toEqual({ count: 0, notes: [] });
  expect(report.skipped.notes.map(({ reason }) => reason).sort()).toEqual([
    "it is deleted",
    "it is deleted",
    "they are not copied",
  ]);
  expect(await takeSnapshot(runtime.url, runtime.token)).toEqual(await takeSnapshot(source.url, null));
  expect(changes(await copy("import", "mlflow", source.url))).toBe(0);
});

test("what was imported is exported to an empty MLflow server, which then holds the same", async () => {
  const report = await copy("export", "mlflow", target.url);
  expect(report.failed).toEqual({ count: 0, notes: [] });
  expect(await takeSnapshot(target.url, null)).toEqual(await takeSnapshot(source.url, null));
  expect(changes(await copy("export", "mlflow", target.url))).toBe(0);
});

test("a server that does not answer, a wrong token and a secret in the address end with a reason", async () => {
  const fail = async (...args: string[]) => {
    const { status, output } = await collect(bedplate(...args));
    return { status, output };
  };
  const secret = await fail("import", "mlflow", "http://user:s3cret@127.0.0.1:1");
  expect(secret).toMatchObject({ status: 1, output: expect.stringContaining("MLFLOW_TRACKING_USERNAME") });
  expect(secret.output).not.toContain("s3cret");
  // The same service by another name, to which no token is sent.
  const other = runtime.url.replace("127.0.0.1", "localhost");
  const unknown = await fail("import", "mlflow", other);
  expect(unknown).toMatchObject({ status: 1, output: expect.stringContaining("UNAUTHENTICATED") });
});
