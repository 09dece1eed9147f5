import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import type { OnProgress } from "../build/go-build.ts";
import { type ControlPlane, findControlPlane, kubernetesVersion } from "./control-plane.ts";
import { clusterName, clusterPaths, kwokEnvironment } from "./kwokctl.ts";
import { defaultNodes, type FakeNode, nodeManifest } from "./nodes.plan.ts";
import { builtInStages } from "./stages.plan.ts";

/** An object of Kubernetes as plain data. */
export type Manifest = Readonly<Record<string, unknown>>;

/** A real Kubernetes control plane on loopback ports, with nodes that kwok pretends to run. */
export interface Cluster {
  /** File with the administrator's credentials; the cluster's address is in it. */
  readonly kubeconfig: string;
  readonly server: string;
  /** File with the certificate authority that signed the server's certificate. */
  readonly caFile: string;
  /** From the start of the first process to nodes that take pods. */
  readonly readyMs: number;
  /** The kubectl of the cluster's own version. */
  readonly kubectlPath: string;
  /** Runs kubectl and answers its standard output. Throws with what it said when it fails. */
  readonly kubectl: (args: readonly string[], input?: string) => Promise<string>;
  /** Server-side apply. */
  readonly apply: (objects: readonly Manifest[]) => Promise<void>;
  /** Ends the API server as a crash does; everything else goes on. */
  readonly killApiServer: () => Promise<void>;
  readonly startApiServer: () => Promise<void>;
  /** Ends all processes and removes all files. Also done when this process is killed. */
  readonly stop: () => Promise<void>;
}

interface ClusterOptions {
  readonly nodes?: readonly FakeNode[];
  readonly onProgress?: OnProgress;
}

const keeperProgram = join(import.meta.dirname, "keeper.ts");
const startWithinMs = 300_000;
const kubectlWithinMs = 120_000;
/** What a controller manager that runs needs at most on an idle machine. */
const reviveAfterMs = 5_000;

/** Starts the keeper; answers the cluster's folder and how to end it. */
async function keep({ bin }: ControlPlane): Promise<{ folder: string; stop: () => Promise<void> }> {
  const command = ["--disable-warning=ExperimentalWarning", keeperProgram, bin, kubernetesVersion];
  const keeper = spawn(process.execPath, command, { detached: true, stdio: ["pipe", "pipe", "pipe"] });
  const ended = once(keeper, "close");
  let words = "";
  keeper.stderr.setEncoding("utf8").on("data", (text: string) => {
    words += text;
  });
  const stop = async () => {
    // Who waits for its end must not end before it, where nothing else is left to do.
    keeper.ref();
    keeper.stdin.end();
    await ended;
  };
  const timer = setTimeout(() => keeper.stdin.end(), startWithinMs);
  try {
    for await (const line of createInterface({ input: keeper.stdout })) {
      const { folder } = JSON.parse(line);
      keeper.unref();
      return { folder, stop };
    }
  } finally {
    clearTimeout(timer);
  }
  await ended;
  throw new Error(`the cluster did not come up: ${words.trim()}`);
}

/**
 * Starts a cluster of its own, ready in some seconds once the control plane is built. Throws where it cannot be built or
 * does not come up; then nothing of it is left.
 */
export async function startCluster({
  nodes = defaultNodes,
  onProgress = () => {},
}: ClusterOptions = {}): Promise<Cluster> {
  const plane = await findControlPlane(onProgress);
  const started = performance.now();
  const { folder, stop } = await keep(plane);
  try {
    const cluster = connect(plane, folder, stop);
    await cluster.kubectl(["apply", "--server-side", "--validate=false", "-f", plane.stages]);
    await cluster.apply([...builtInStages, ...nodes.map(nodeManifest)]);
    await untilControlled(cluster);
    await cluster.kubectl(["wait", "--for=condition=Ready", "nodes", "--all", "--timeout=60s"]);
    return { ...cluster, readyMs: Math.round(performance.now() - started) };
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * Waits for the first thing that the controller manager makes. On a busy machine that gives up before the API server is
 * there, and is started again.
 */
async function untilControlled({ kubectl, startApiServer }: Pick<Cluster, "kubectl" | "startApiServer">) {
  const patience = Date.now() + reviveAfterMs;
  for (const end = Date.now() + startWithinMs; ; await sleep(500)) {
    const made = await kubectl(["get", "serviceaccount/default", "--ignore-not-found", "-o", "name"]);
    if (made !== "") return;
    if (Date.now() > end) throw new Error("the controller manager does not start");
    if (Date.now() > patience) await startApiServer();
  }
}

function connect(plane: ControlPlane, folder: string, stop: () => Promise<void>): Omit<Cluster, "readyMs"> {
  const { kubeconfig, pids, pki } = clusterPaths(folder);
  const server = /server: (\S+)/.exec(readFileSync(kubeconfig, "utf8"))?.[1] ?? "";
  const kubectl = async (args: readonly string[], input?: string) => {
    const result = await execa(join(plane.bin, "kubectl"), args, {
      env: { KUBECONFIG: kubeconfig },
      timeout: kubectlWithinMs,
      reject: false,
      ...(input === undefined ? { stdin: "ignore" as const } : { input }),
    });
    if (result.exitCode !== 0)
      throw new Error(`kubectl ${args.join(" ")}: ${result.stderr || result.shortMessage}`);
    return result.stdout;
  };
  const answers = () =>
    kubectl(["get", "--raw", "/readyz"]).then(
      () => true,
      () => false,
    );
  return {
    kubeconfig,
    server,
    caFile: join(pki, "ca.crt"),
    kubectlPath: join(plane.bin, "kubectl"),
    kubectl,
    async apply(objects) {
      const list = { apiVersion: "v1", kind: "List", items: objects };
      // The API server validates; kubectl would fetch all schemas to do it too.
      const apply = ["apply", "--server-side", "--force-conflicts", "--validate=false", "-f", "-"];
      await kubectl(apply, JSON.stringify(list));
    },
    async killApiServer() {
      const pidFile = join(pids, "kube-apiserver.pid");
      process.kill(Number(readFileSync(pidFile, "utf8")), "SIGKILL");
      // kwokctl takes a process that ended but was not reaped for one that runs, and would not start it again.
      rmSync(pidFile);
      while (await answers()) await sleep(50);
    },
    async startApiServer() {
      await execa(join(plane.bin, "kwokctl"), ["start", "cluster", "--name", clusterName], {
        env: kwokEnvironment(folder, plane.bin, process.env.PATH),
        timeout: startWithinMs,
        // No pipe: what it starts would keep that open for ever.
        stdio: "ignore",
      });
      while (!(await answers())) await sleep(100);
    },
    stop,
  };
}
