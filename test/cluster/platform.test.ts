import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { freePort } from "../../tools/peers/free-port.ts";
import { missingForPlatform, openClusterPlatform } from "../support/cluster-platform.ts";

const missing = missingForPlatform();
/** On a machine that is busy with other things a cluster and a platform take minutes. */
const withinMs = 900_000;

let platform: Awaited<ReturnType<typeof openClusterPlatform>>;
let folder: string;
/** The kubeconfig that the stack names; what is in it changes, as it does for people. */
let kubeconfig: string;
/** Takes connections and never says a word. */
let silent: Server;
let silentPort: number;

beforeAll(async () => {
  if (missing !== undefined) return;
  folder = await mkdtemp(join(tmpdir(), "bedplate-kubeconfig-"));
  kubeconfig = join(folder, "kubeconfig");
  silent = createServer(() => {});
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  const address = silent.address();
  silentPort = typeof address === "object" && address !== null ? address.port : 0;
  platform = await openClusterPlatform("dev-kubernetes", { "bedplate:cluster": { kubeconfig } });
  await copyFile(platform.cluster.kubeconfig, kubeconfig);
}, withinMs);
afterAll(async () => {
  await platform?.close();
  silent?.close();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
}, withinMs);

/** What the state has of the cluster, and of keys that were made. */
const state = async () => {
  const { resources } = JSON.parse((await platform.workspace.run("stack", "export")).output).deployment;
  return resources
    .flatMap(({ urn, id }: { urn: string; id?: string }) => (id === undefined ? [] : `${urn} ${id}`))
    .sort();
};

/** What is said to be wrong, but that the run as a whole failed and what the engine breaks off because of it. */
const errorsIn = (output: string) =>
  output
    .slice(output.indexOf("Diagnostics:"))
    .split("\n")
    .filter((line) => /^\s+error: /.test(line) && !/(preview|update) failed|context canceled/.test(line));

describe.skipIf(missing !== undefined)(
  "the small platform on a real API server",
  { timeout: withinMs },
  () => {
    test("comes up, and changes nothing a second time", async () => {
      const up = await platform.up();
      expect(up.exitCode, up.output).toBe(0);
      expect(up.output).not.toContain("would violate PodSecurity");
      const again = await platform.up("--expect-no-changes");
      expect(again.exitCode, again.output).toBe(0);
      console.info(
        `dev-kubernetes: ${(await state()).length} resources, up in ${up.wallMs} ms, again in ${again.wallMs} ms`,
      );
      expect(platform.problems).toEqual([]);
    });

    test.for([
      ["that is gone", async () => ({ server: `https://127.0.0.1:${await freePort()}` }), {}],
      ["that never answers", async () => ({ server: `https://127.0.0.1:${silentPort}` }), {}],
      ["to which one's credentials have expired", async () => ({}), { token: "expired" }],
    ] as const)(
      "says once that it cannot reach a cluster %s, keeps its state, and goes on afterwards",
      async ([what, cluster, user]) => {
        const before = await state();
        const config = parse(await readFile(platform.cluster.kubeconfig, "utf8"));
        config.clusters[0].cluster = { ...config.clusters[0].cluster, ...(await cluster()) };
        if ("token" in user) config.users[0].user = user;
        await writeFile(kubeconfig, JSON.stringify(config));
        const { exitCode, output, wallMs } = await platform.up();
        console.info(`a cluster ${what}: an error after ${wallMs} ms (goal: under 10000 on an idle machine)`);
        expect(exitCode).not.toBe(0);
        expect(errorsIn(output), output).toHaveLength(1);
        expect(output).toMatch(/cannot be reached|does not take the credentials/);
        expect(await state()).toEqual(before);
        const preview = await platform.workspace.run("preview");
        console.info(`a cluster ${what}: a preview is an error after ${preview.wallMs} ms`);
        expect(preview.exitCode).not.toBe(0);
        expect(errorsIn(preview.output), preview.output).toHaveLength(1);
        await copyFile(platform.cluster.kubeconfig, kubeconfig);
        const after = await platform.up("--expect-no-changes");
        expect(after.exitCode, after.output).toBe(0);
      },
    );
  },
);
