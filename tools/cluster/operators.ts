import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Cluster } from "./cluster.ts";
import { operate } from "./operated-kinds.ts";
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

/** One line an event (kubectl makes spaces of tabs): what happened, whose it is, how many of its pods are there, and what it looks after. */
const eventLine = [
  "{.type}",
  "{.object.metadata.namespace}/{.object.metadata.name}",
  "{.object.status.availableReplicas}",
  `{.object.metadata.annotations.${operatesAnnotation.replaceAll(".", "\\.")}}`,
].join("|");

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
    await operate(cluster, new Set(kinds));
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
