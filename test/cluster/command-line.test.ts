import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { type Cluster, startCluster } from "@bedplate/tools/cluster";
import { repositoryRoot } from "@bedplate/tools/engine";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ChartMirror, openChartMirror } from "../support/chart-mirror.ts";

/** A cluster is there in seconds; on a machine that is busy with other things it takes minutes. */
const withinMs = 600_000;
const stack = "dev-kubernetes";
const digest = `sha256:${"a".repeat(64)}`;
let folder = "";
let cluster: Cluster;
let mirror: ChartMirror;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "bedplate-cluster-cli-"));
  mirror = await openChartMirror(["valkey"]);
  cluster = await startCluster();
}, withinMs);
afterAll(async () => {
  await cluster?.stop();
  await mirror?.close();
  rmSync(folder, { recursive: true, force: true });
});

type Config = Readonly<Record<string, string>>;

/** A platform of one store, whose data is kept because it is one for production. */
const config = (): Config => ({
  runtimeImage: `registry.example.com/bedplate@${digest}`,
  cluster: JSON.stringify({ kubeconfig: cluster.kubeconfig }),
  deployment: "cli-test",
  chartMirror: mirror.folder,
  size: "production",
  addons: JSON.stringify({ "admission-policies": {}, valkey: {} }),
});

async function run(command: string, name: string, settings: Config, ...args: string[]) {
  const given = Object.entries(settings).flatMap(([key, value]) => ["-c", `${key}=${value}`]);
  const all = [command, "--stack", name, "--data-dir", folder, ...given, ...args];
  const started = performance.now();
  const child = spawn(process.execPath, [join(repositoryRoot, "cli/bin/bedplate.js"), ...all], {
    env: { ...process.env, PATH: [dirname(cluster.kubectlPath), process.env.PATH].join(delimiter) },
  });
  const said = { out: "", said: "" };
  child.stdout.on("data", (chunk) => {
    said.out += chunk;
  });
  child.stderr.on("data", (chunk) => {
    said.said += chunk;
  });
  const [code] = await once(child, "close");
  return { ...said, code, wallMs: Math.round(performance.now() - started) };
}

const bedplate = (command: string, ...args: string[]) => run(command, stack, config(), ...args);

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
    expect(JSON.parse(out)).toMatchObject({ stack, kind: "platform", production: true, problem: null });
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
    expect(keeps.join()).toContain("valkey");
    expect(isProtected).toEqual(keeps);
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

  describe("and a team on it", () => {
    const teamConfig = () => ({
      cluster: JSON.stringify({ kubeconfig: cluster.kubeconfig }),
      team: JSON.stringify({
        name: "vision",
        costCentre: "cc-1",
        groups: { admins: ["vision-leads"], members: ["vision"] },
        quota: { cpu: 8, memory: "32Gi" },
        bucket: false,
      }),
      protectData: "false",
    });
    const team = (command: string, ...args: string[]) => run(command, "team-vision", teamConfig(), ...args);

    test("come up, and tell their status", async () => {
      const up = await team("up");
      expect(up.code, up.said).toBe(0);
      expect(up.said).toMatch(/The stack team-vision is up in the namespace team-vision \(\d+ changes in /);
      const { out } = await team("status", "--json");
      expect(JSON.parse(out)).toMatchObject({ stack: "team-vision", kind: "team", problem: null });
    });

    test("go, and leave nothing", async () => {
      const down = await team("down", "--purge");
      expect(down.code, down.said).toBe(0);
      expect(down.said).toContain("nothing of it is left in the cluster");
      expect(await cluster.kubectl(["get", "ns/team-vision", "--ignore-not-found", "-o", "name"])).toBe("");
    });
  });

  test("is not taken down while what holds data is protected", async () => {
    const before = state();
    const down = await bedplate("down");
    expect(down.code).toBe(1);
    expect(down.said).toMatch(/protected resources, and nothing was deleted:/);
    expect(down.said).toContain("--unprotect");
    expect(state()).toBe(before);
  });

  test("goes with --unprotect phase by phase, leaves only what holds data, and is forgotten", async () => {
    const down = await bedplate("down", "--unprotect", "--purge");
    expect(down.code, down.said).toBe(0);
    expect(down.said).toContain("nothing of it is left in the cluster but what is kept by policy");
    const left = (kinds: string, ...where: string[]) =>
      cluster.kubectl(["get", kinds, ...where, "-o", "name"]);
    expect(await left("validatingadmissionpolicies", "-l", "bedplate.dev/deployment")).toBe("");
    expect(await left("namespaces", "-l", "bedplate.dev/deployment")).toBe("namespace/key-value");
    const kept = await left("statefulsets,secrets,persistentvolumeclaims", "-n", "key-value");
    for (const name of [
      "statefulset.apps/valkey",
      "secret/valkey-users",
      "persistentvolumeclaim/data-valkey-0",
    ])
      expect(kept).toContain(name);
    expect((await bedplate("status")).said).toContain("Nothing is there of the stack dev-kubernetes");
  });
});
