import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { type Cluster, startCluster } from "@bedplate/tools/cluster";
import { repositoryRoot } from "@bedplate/tools/engine";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

/** A cluster is there in seconds; on a machine that is busy with other things it takes minutes. */
const withinMs = 600_000;
const stack = "dev-kubernetes";
const digest = `sha256:${"a".repeat(64)}`;
let folder = "";
let cluster: Cluster;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "bedplate-cluster-cli-"));
  cluster = await startCluster();
}, withinMs);
afterAll(async () => {
  await cluster?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** A platform of what needs no chart, because none can be downloaded here. */
const config = () => ({
  runtimeImage: `registry.example.com/bedplate@${digest}`,
  cluster: JSON.stringify({ kubeconfig: cluster.kubeconfig }),
  deployment: "cli-test",
  addons: JSON.stringify({ "admission-policies": {} }),
});

async function bedplate(command: string, ...args: string[]) {
  const settings = Object.entries(config()).flatMap(([key, value]) => ["-c", `${key}=${value}`]);
  const all = [command, "--stack", stack, "--data-dir", folder, ...settings, ...args];
  const started = performance.now();
  const child = spawn(process.execPath, [join(repositoryRoot, "cli/bin/bedplate.js"), ...all], {
    env: { ...process.env, PATH: [dirname(cluster.kubectlPath), process.env.PATH].join(delimiter) },
  });
  const run = { out: "", said: "" };
  child.stdout.on("data", (chunk) => {
    run.out += chunk;
  });
  child.stderr.on("data", (chunk) => {
    run.said += chunk;
  });
  const [code] = await once(child, "close");
  return { ...run, code, wallMs: Math.round(performance.now() - started) };
}

const statePath = () => join(folder, "engine/.pulumi/stacks/bedplate", `${stack}.json`);
const state = () => readFileSync(statePath(), "utf8");

describe("the command line on a stack in a cluster", { timeout: withinMs }, () => {
  test("previews it, policies included, and makes nothing", async () => {
    const { code, out, said } = await bedplate("preview", "--json");
    expect(code, said).toBe(0);
    const { kind, changes, steps } = JSON.parse(out);
    expect(kind).toBe("platform");
    expect(changes.create).toBe(steps.length);
    expect(
      await cluster.kubectl([
        "get",
        "validatingadmissionpolicies",
        "-l",
        "bedplate.dev/deployment",
        "-o",
        "name",
      ]),
    ).toBe("");
  });

  test("brings it up, and a second time changes nothing", async () => {
    const up = await bedplate("up");
    expect(up.code, up.said).toBe(0);
    expect(up.said).toMatch(/The stack dev-kubernetes is up in its cluster \(\d+ changes in /);
    const again = await bedplate("up");
    expect(again.said).toContain("Nothing to change: the stack dev-kubernetes is up");
    console.info(`up ${up.wallMs} ms, again ${again.wallMs} ms`);
  });

  test("tells its status", async () => {
    const { code, out } = await bedplate("status", "--json");
    expect(JSON.parse(out)).toMatchObject({ stack, kind: "platform", production: false, problem: null });
    expect(code).toBe(0);
  });

  test("plans its end, as text and as JSON, and changes nothing", async () => {
    const before = state();
    const text = await bedplate("down", "--plan");
    expect(text.out).toContain("1. dispatch (stop what makes new things");
    const json = await bedplate("down", "--plan", "--json");
    const { phases, isProtected, keeps } = JSON.parse(json.out);
    const deletes = phases.flatMap((phase: { deletes: readonly string[] }) => phase.deletes);
    expect(deletes.join()).toContain("ValidatingAdmissionPolicy");
    expect({ isProtected, keeps }).toEqual({ isProtected: [], keeps: [] });
    expect(state()).toBe(before);
  });

  test("says in one sentence that the cluster is gone, in under 10 s, and goes on once it is back", async () => {
    await cluster.killApiServer();
    const before = state();
    const dead = await bedplate("up");
    console.info(`up without an API server: ${dead.wallMs} ms`);
    expect(dead.code).toBe(1);
    expect(dead.said.trim()).toMatch(
      /^The cluster of the context ".*", https:\/\/\S+, cannot be reached: .*$/,
    );
    expect(state()).toBe(before);
    await cluster.startApiServer();
    const back = await bedplate("up");
    expect(back.code, back.said).toBe(0);
  });

  test("refuses secrets that are not encrypted", async () => {
    const { code, said } = await bedplate("preview", "-c", 'secrets={"oidcClientSecret":"not-so-secret"}');
    expect(code).toBe(1);
    expect(said).toContain("bedplate:secrets has values in plain text");
    expect(said).not.toContain("not-so-secret");
  });

  test("takes it down phase by phase, finds nothing left, and forgets it", async () => {
    const down = await bedplate("down", "--purge");
    expect(down.code, down.said).toBe(0);
    expect(down.said).toContain("nothing of it is left in the cluster");
    expect(
      await cluster.kubectl([
        "get",
        "validatingadmissionpolicies",
        "-l",
        "bedplate.dev/deployment",
        "-o",
        "name",
      ]),
    ).toBe("");
    expect((await bedplate("status")).said).toContain("Nothing is there of the stack dev-kubernetes");
  });
});
