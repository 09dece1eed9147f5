import { join } from "node:path";
import { type Cluster, ensureProvider, installCrds, startCluster } from "@bedplate/tools/cluster";
import { findEngine } from "@bedplate/tools/engine";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type EngineWorkspace, openEngineWorkspace, repository } from "../engine/engine-workspace.ts";

const policies = ["--policy-pack", repository.policies];
/** A cluster is there in seconds; on a machine that is busy with other things it takes minutes. */
const setUpWithinMs = 600_000;
let cluster: Cluster;
let workspace: EngineWorkspace;

const configure = (more: Record<string, unknown> = {}) =>
  workspace.configure({
    "kubernetes:kubeconfig": cluster.kubeconfig,
    "small:deployment": "small-test",
    ...more,
  });

beforeAll(async () => {
  const { home } = await findEngine();
  console.info((await ensureProvider(home, console.info)).note);
  cluster = await startCluster();
  const crds = await installCrds(cluster, ["kueue"]);
  expect(crds.skipped).toEqual([]);
  workspace = await openEngineWorkspace(join(import.meta.dirname, "fixtures/small"));
  await configure();
}, setUpWithinMs);
afterAll(async () => {
  await workspace?.close();
  await cluster?.stop();
});

describe("a program on the test cluster, with the policy pack", () => {
  test("is previewed, and comes up", async () => {
    const preview = await workspace.run("preview", ...policies);
    expect(preview.exitCode, preview.output).toBe(0);
    const up = await workspace.run("up", "--yes", "--skip-preview", ...policies);
    console.info(`preview ${preview.wallMs} ms, up ${up.wallMs} ms`);
    expect(up.exitCode, up.output).toBe(0);
    expect(await workspace.outputs()).toEqual({ namespace: "small" });
    const ready = "jsonpath={.status.availableReplicas}";
    expect(await cluster.kubectl(["get", "deploy/web", "-n", "small", "-o", ready])).toBe("2");
  });

  test("changes nothing a second time, the cluster looked at", async () => {
    const { exitCode, output } = await workspace.run(
      "preview",
      "--refresh",
      "--expect-no-changes",
      ...policies,
    );
    expect(exitCode, output).toBe(0);
  });

  test("puts right what somebody changed by hand", async () => {
    const patch = JSON.stringify({ data: { greeting: "changed" } });
    await cluster.kubectl(["patch", "cm/settings", "-n", "small", "--type=merge", "-p", patch]);
    const refresh = await workspace.run("refresh", "--yes", "--skip-preview");
    expect(refresh.exitCode, refresh.output).toBe(0);
    const up = await workspace.run("up", "--yes", "--skip-preview", ...policies);
    expect(up.exitCode, up.output).toBe(0);
    expect(
      await cluster.kubectl(["get", "cm/settings", "-n", "small", "-o", "jsonpath={.data.greeting}"]),
    ).toBe("hello");
  });

  test("is refused at preview by the policy pack", async () => {
    await configure({ "small:escalate": true });
    const judged = await workspace.run("preview", ...policies);
    expect(judged.exitCode).not.toBe(0);
    expect(judged.output).toContain("pss-restricted-privilege-escalation");
    await configure();
  });

  test("is refused by the CRD's own schema when a field has a value that it does not allow", async () => {
    await configure({ "small:queueing": "Lottery" });
    const { exitCode, output } = await workspace.run("up", "--yes", "--skip-preview");
    expect(exitCode).not.toBe(0);
    expect(output).toContain('Unsupported value: "Lottery"');
    await configure();
  });

  test("is destroyed to nothing", async () => {
    const { exitCode, output } = await workspace.run("destroy", "--yes", "--skip-preview");
    expect(exitCode, output).toBe(0);
    const left = await cluster.kubectl([
      "get",
      "ns,clusterqueues",
      "-l",
      "bedplate.dev/deployment=small-test",
      "-o",
      "name",
    ]);
    expect(left).toBe("");
  });
});
