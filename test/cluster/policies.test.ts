import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { goodPod } from "@bedplate/policies/lib/rule-cases.ts";
import { type Cluster, ensureProvider, startCluster } from "@bedplate/tools/cluster";
import { engineEnvironment, findEngine, repositoryRoot } from "@bedplate/tools/engine";
import { afterAll, beforeAll, expect, test } from "vitest";

const setUpWithinMs = 600_000;
const commandWithinMs = 150_000;
const readme = readFileSync(join(repositoryRoot, "policies/README.md"), "utf8");
/** The commands and the files that the README shows, in its order. */
const shown = (language: string) =>
  [...readme.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, "gms"))].map(([, text = ""]) => text);
const [onProject = "", remediate = "", onCluster = ""] = shown("sh");

let cluster: Cluster;
let folder: string;
let environment: Record<string, string>;

/** Runs lines of a shell in the project's folder, each whatever the one before it said. */
function shell(command: string): Promise<{ status: number; output: string }> {
  const env = { ...process.env, ...environment };
  return new Promise((resolve) => {
    execFile(
      "bash",
      ["-c", command],
      { cwd: folder, env, timeout: commandWithinMs },
      (error, stdout, stderr) =>
        resolve({ status: error === null ? 0 : Number(error.code), output: stdout + stderr }),
    );
  });
}

const linesOf = (commands: string) =>
  commands.split("\n").filter((line) => line !== "" && !line.startsWith("#"));

beforeAll(async () => {
  const engine = await findEngine();
  await ensureProvider(engine.home, console.info);
  cluster = await startCluster();
  folder = mkdtempSync(join(tmpdir(), "bedplate-foreign-"));
  cpSync(join(import.meta.dirname, "fixtures/foreign"), folder, { recursive: true });
  // As `npm install` would have it.
  symlinkSync(join(repositoryRoot, "node_modules"), join(folder, "node_modules"));
  const passphraseFile = join(folder, "passphrase");
  writeFileSync(passphraseFile, "for tests", { mode: 0o600 });
  environment = {
    ...engineEnvironment({ ...engine, backendDir: folder, passphraseFile }),
    BEDPLATE: repositoryRoot,
    KUBECONFIG: cluster.kubeconfig,
    PULUMI_STACK: "test",
  };
  environment.PATH = `${join(cluster.kubectlPath, "..")}:${environment.PATH}`;
  const made = await shell("pulumi stack init test --no-select");
  expect(made.status, made.output).toBe(0);
}, setUpWithinMs);
afterAll(async () => {
  if (environment !== undefined) await shell("pulumi destroy --yes --skip-preview");
  await cluster?.stop();
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
}, setUpWithinMs);

test(
  "the README's commands judge a project that knows nothing of Bedplate",
  async () => {
    await shell("pulumi config set privileged true");
    const [preview = "", toFile = "", checkPreview = "", toState = "", checkState = ""] = linesOf(onProject);
    const judged = await shell(preview);
    expect(judged.status).not.toBe(0);
    expect(judged.output).toContain("pss-baseline-privileged");
    expect((await shell(toFile)).status).toBe(0);
    const checked = await shell(checkPreview);
    expect(checked.status, checked.output).toBe(1);
    expect(checked.output).toContain("pss-baseline-privileged: spec.template.spec.containers[0]");
    // Without the pack nothing holds it back; what is there then is judged all the same.
    const up = await shell("pulumi up --yes --skip-preview");
    expect(up.status, up.output).toBe(0);
    expect((await shell(toState)).status).toBe(0);
    expect((await shell(checkState)).status).toBe(1);
    const { runs } = JSON.parse(readFileSync(join(folder, "policies.sarif"), "utf8"));
    expect(JSON.stringify(runs[0].results)).toContain('"ruleId":"pss-baseline-privileged"');
  },
  setUpWithinMs,
);

test(
  "what can be mended is mended in the resource that the engine makes",
  async () => {
    await shell("pulumi config rm privileged");
    const [config = ""] = shown("json");
    writeFileSync(join(folder, "remediate.json"), config);
    const up = await shell(remediate);
    expect(up.status, up.output).toBe(0);
    for (const rule of Object.keys(JSON.parse(config))) expect(up.output).toContain(rule);
    const deployment = JSON.parse(
      await cluster.kubectl(["get", "deploy/shop", "-n", "default", "-o", "json"]),
    );
    expect(deployment.spec.template.spec).toMatchObject({
      automountServiceAccountToken: false,
      containers: [
        { securityContext: { allowPrivilegeEscalation: false, seccompProfile: { type: "RuntimeDefault" } } },
      ],
    });
  },
  setUpWithinMs,
);

test("the README's commands have the cluster itself refuse what the preview refuses", async () => {
  for (const command of linesOf(onCluster)) {
    const { status, output } = await shell(command);
    expect(status, output).toBe(0);
  }
  // The server names one policy that refuses, whichever it came to first: the pod is good but for its image.
  const { ephemeralContainers, initContainers, ...good } = goodPod;
  const containers = good.containers.map((container) => ({ ...container, image: "registry.example/app:1" }));
  const spec = { ...good, containers };
  const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "bad" }, spec };
  const create = () => cluster.kubectl(["create", "--dry-run=server", "-f", "-"], JSON.stringify(pod));
  await expect.poll(() => create().catch(String), { timeout: 30_000 }).toContain("kubernetes-image-digest");
});
