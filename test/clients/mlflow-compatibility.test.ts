import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Route, routes } from "@bedplate/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { collect } from "../../tools/peers/python.ts";
import { describeNotServed, notServed } from "./mlflow-not-served.ts";
import { ensureMlflow, mlflowReleases } from "./mlflow-releases.ts";
import { type RuntimeProcess, startRuntime } from "./runtime-process.ts";

const folder = import.meta.dirname;
const page = readFileSync(join(folder, "../../docs/mlflow-compatibility.md"), "utf8");
const hookTimeoutMs = 900_000;

let runtime: RuntimeProcess;
beforeAll(async () => {
  runtime = await startRuntime();
}, hookTimeoutMs);
afterAll(() => runtime?.stop());

/** A path with its variable parts left out. */
const nameless = (path: string) => path.replaceAll(/<[^>]*>|\{[^}]*\}|:\w+|\*/g, "{}");
const withoutPrefix = (path: string) => path.replace(/^\/(ajax-)?api(?=\/)/, "");

const served = new Set(
  Object.values<Route>(routes).flatMap(({ method, path, also }) =>
    [path, ...(also ?? [])].map((each) => `${method} ${nameless(each)}`),
  ),
);

async function addressesOf(
  client: (typeof mlflowReleases)[number],
): Promise<readonly (readonly [string, string])[]> {
  const python = await ensureMlflow(client);
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, MLFLOW_DISABLE_TELEMETRY: "true" };
  const script = join(folder, "mlflow_routes.py");
  const { output } = await collect(spawn(python, [script], { env, stdio: ["ignore", "pipe", "pipe"] }));
  const line = output.split("\n").find((each) => each.startsWith("ROUTES "));
  expect(line, output.slice(-2_000)).toBeDefined();
  return JSON.parse(line?.slice("ROUTES ".length) ?? "[]") as [string, string][];
}

describe.each(mlflowReleases)("the server of MLflow $release", (client) => {
  let absent: readonly (readonly [string, string])[] = [];
  beforeAll(async () => {
    const all = await addressesOf(client);
    absent = all.filter(([method, path]) => !served.has(`${method} ${nameless(path)}`));
  }, hookTimeoutMs);

  test("has no address that is neither served here nor listed with the reason", () => {
    const unlisted = absent
      .map(([method, path]) => `${method} ${withoutPrefix(nameless(path))}`)
      .filter((address) => !notServed.some(({ addresses }) => addresses.some((each) => each.test(address))));
    expect(unlisted).toEqual([]);
  });

  test("what it serves and the platform does not is refused in the client's words", async () => {
    expect(absent.length).toBeGreaterThan(5);
    for (const [method, path] of absent) {
      const answer = await fetch(runtime.url + nameless(path).replaceAll("{}", "x"), {
        method,
        headers: { authorization: `Bearer ${runtime.token}` },
      });
      const body = await answer.text();
      expect([404, 405], `${method} ${path}: ${body}`).toContain(answer.status);
      if (!/^\/(ajax-)?api\//.test(path)) continue;
      const codes =
        answer.status === 404 ? ["ENDPOINT_NOT_FOUND", "RESOURCE_DOES_NOT_EXIST"] : ["BAD_REQUEST"];
      expect(codes, `${method} ${path}`).toContain((JSON.parse(body) as { error_code: string }).error_code);
    }
  });
});

test("the page about compatibility lists what is not served, as it is", () => {
  expect(page).toContain(describeNotServed());
});

test("the page names every reason for which a check is not made against a real server", () => {
  const files = readdirSync(folder).filter((file) => /^mlflow_\w+_checks\.py$/.test(file));
  const reasons = files.flatMap((file) =>
    [
      ...readFileSync(join(folder, file), "utf8").matchAll(
        /(?:only_bedplate\(|not_on_mlflow_before\(\(\d+, \d+\), )"([^"]+)"/g,
      ),
    ].map(([, reason = ""]) => reason),
  );
  expect(reasons.length).toBeGreaterThan(3);
  for (const reason of reasons) expect(page.toLowerCase()).toContain(reason.toLowerCase());
});
