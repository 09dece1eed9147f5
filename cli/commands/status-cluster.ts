import { clusterProblem } from "@bedplate/stacks/cluster/api-server.ts";
import { readClusterOutputs } from "../cluster/cluster-outputs.ts";
import { countResources } from "../engine/state.ts";
import type { ClusterStack } from "../stack/stack.ts";

/** What `bedplate status --json` answers about a stack in a cluster. */
interface ClusterStatus {
  readonly stack: string;
  readonly kind: ClusterStack["kind"];
  /** Address of the service, where the platform has one; null elsewhere. */
  readonly url: string | null;
  /** Version of the platform that made the stack; null for a team. */
  readonly version: string | null;
  readonly production: boolean | null;
  /** Of a team. */
  readonly namespace: string | null;
  /** Capabilities that a platform has. */
  readonly capabilities: readonly string[];
  /** How many resources the engine's state has; null where that cannot be read. */
  readonly resources: number | null;
  /** What keeps the cluster from being worked on, in a sentence; null where it answers. */
  readonly problem: string | null;
}

async function readClusterStatus(stack: ClusterStack): Promise<ClusterStatus> {
  const outputs = await readClusterOutputs(stack);
  const shared = {
    stack: stack.name,
    kind: stack.kind,
    resources: countResources(stack) ?? null,
    problem: (await clusterProblem(stack.access, stack.name)) ?? null,
  };
  if ("team" in outputs) {
    const { namespace } = outputs;
    return { ...shared, url: null, version: null, production: null, namespace, capabilities: [] };
  }
  const { release: version, production, connections } = outputs;
  const url = connections.runtime?.url ?? null;
  return { ...shared, url, version, production, namespace: null, capabilities: Object.keys(connections) };
}

function describe({
  stack,
  url,
  version,
  production,
  namespace,
  capabilities,
  resources,
}: ClusterStatus): string {
  const lines = [
    ...(version === null ? [] : [["Version", `${version}, ${production ? "production" : "small"}`]]),
    ...(url === null ? [] : [["Service", url]]),
    ...(namespace === null ? [] : [["Namespace", namespace]]),
    ["Resources", String(resources ?? "unknown")],
    ...(capabilities.length === 0 ? [] : [["Has", capabilities.join(", ")]]),
  ];
  return [
    `The stack ${stack} is there.`,
    ...lines.map(([what = "", said]) => `  ${what.padEnd(12)}${said}`),
  ].join("\n");
}

/** `bedplate status` of a stack in a cluster. The exit status is 1 when its cluster does not answer. */
export async function statusCluster(stack: ClusterStack, json: boolean): Promise<void> {
  const found = await readClusterStatus(stack);
  console.log(json ? JSON.stringify(found) : describe(found));
  if (found.problem === null) return;
  console.error(found.problem);
  process.exitCode = 1;
}
