import { RunError } from "@pulumi/pulumi";
import { checkClusterStack } from "../cluster-stack.ts";
import { clusterProblem } from "./api-server.ts";

/**
 * Asks a stack's cluster whether it answers and takes the credentials, before anything is registered: the engine's own
 * provider tries for up to 40 s. Throws a `RunError`, or before it a `StackConfigError` where the config is wrong.
 */
export async function reachCluster(values: Readonly<Record<string, unknown>>, stack: string): Promise<void> {
  const { cluster } = checkClusterStack(values, stack);
  const problem = await clusterProblem(cluster, stack);
  if (problem !== undefined) throw new RunError(problem);
}
