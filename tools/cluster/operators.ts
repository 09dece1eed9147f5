import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import type { Cluster } from "./cluster.ts";
import { operatorStages } from "./stages.plan.ts";

/** A Deployment with this label stands for an operator. */
export const operatorLabel = "bedplate.dev/operator";
/** Kinds that it looks after, `<group>/<kind>` each, with spaces between. */
export const operatesAnnotation = "bedplate.dev/operates";

/** Stand-ins for operators: they live as long as the Deployments that they stand for. */
interface Operators {
  /** What went wrong with one of them; nothing else says so. */
  readonly problems: readonly string[];
  readonly close: () => Promise<void>;
}

const servedWithinMs = 60_000;
const pauseMs = 200;

/** One line an event (kubectl makes spaces of tabs): what happened, whose it is, how many of its pods are there, and what it looks after. */
const eventLine = [
  "{.type}",
  "{.object.metadata.namespace}/{.object.metadata.name}",
  "{.object.status.availableReplicas}",
  `{.object.metadata.annotations.${operatesAnnotation.replaceAll(".", "\\.")}}`,
].join("|");

/**
 * Kinds that the API server tells of, `<group>/<kind>` each: the way by which kwok looks for them, which lags behind the
 * CRDs that are established.
 */
async function served({ kubectl }: Cluster): Promise<Set<string>> {
  // It fails where one of the groups does not answer just now; then it is asked again.
  const lines = (await kubectl(["api-resources", "--cached=false", "--no-headers"]).catch(() => "")).split(
    "\n",
  );
  const kinds = lines.map((line) => {
    const [kind = "", , version = ""] = line.trim().split(/\s+/).reverse();
    return `${version.split("/")[0]}/${kind}`;
  });
  return new Set(kinds);
}

/** Has kwok look after kinds once they are served: what it cannot find when it is told, it never looks for again. */
async function begin(cluster: Cluster, kinds: readonly string[]): Promise<void> {
  for (const end = Date.now() + servedWithinMs; ; await sleep(pauseMs)) {
    const there = await served(cluster);
    if (kinds.every((kind) => there.has(kind))) break;
    if (Date.now() > end) throw new Error(`not served: ${kinds.filter((kind) => !there.has(kind))}`);
  }
  const stages = operatorStages(new Set(kinds));
  if (stages.length > 0) await cluster.apply(stages);
}

async function end(cluster: Cluster, kinds: readonly string[]): Promise<void> {
  const names = operatorStages(new Set(kinds)).map(({ metadata }) => metadata.name);
  if (names.length > 0) await cluster.kubectl(["delete", "stages", "--ignore-not-found", ...names]);
}

/**
 * Watches for Deployments that stand for operators. While one is available, its resources are marked ready, and let go
 * when they are deleted; once it is gone, a finalizer of its resources stays for ever, as with the real one.
 */
export function openOperators(cluster: Cluster): Operators {
  const problems: string[] = [];
  const running = new Map<string, readonly string[]>();
  const watch = ["get", "deployments", "-A", "-l", operatorLabel, "--watch", "--output-watch-events"];
  const child = spawn(cluster.kubectlPath, [...watch, "-o", `jsonpath=${eventLine}{"\\n"}`], {
    env: { ...process.env, KUBECONFIG: cluster.kubeconfig },
    stdio: ["ignore", "pipe", "ignore"],
  });
  const ended = once(child, "close");
  const handle = async (line: string) => {
    const [type, name = "", available, operates = ""] = line.split("|");
    const kinds = operates.split(" ").filter((kind) => kind !== "");
    if (type === "DELETED" && running.delete(name)) await end(cluster, kinds);
    if (type === "DELETED" || running.has(name) || !(Number(available) > 0)) return;
    running.set(name, kinds);
    await begin(cluster, kinds);
  };
  const handled = (async () => {
    for await (const line of createInterface({ input: child.stdout }))
      await handle(line).catch((error: unknown) => problems.push(`${line}: ${error}`));
  })();
  return {
    problems,
    async close() {
      child.kill();
      await ended;
      await handled;
    },
  };
}
