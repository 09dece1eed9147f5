import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { parse } from "yaml";
import type { ClusterAccess } from "./access.ts";
import {
  type ChosenCluster,
  chooseCluster,
  kubeconfigFile,
  type PlacedKubeconfig,
} from "./kubeconfig.plan.ts";

/** Where a cluster's address and credentials may be, in the order in which kubectl looks. */
function candidates({ kubeconfig }: ClusterAccess): readonly string[] {
  if (kubeconfig !== undefined) return [kubeconfig];
  const named = (process.env.KUBECONFIG ?? "").split(delimiter).filter((path) => path !== "");
  return named.length > 0 ? named : [join(homedir(), ".kube", "config")];
}

/** Whether this runs in a pod that has an account of its own, which the engine falls back to. */
const isInPod = () => process.env.KUBERNETES_SERVICE_HOST !== undefined;

function read(path: string): PlacedKubeconfig | string {
  try {
    const result = kubeconfigFile.safeParse(parse(readFileSync(path, "utf8")));
    if (result.success) return { folder: dirname(resolve(path)), file: result.data };
    return `${path} is no kubeconfig (${result.error.issues[0]?.path.join(".") || "it"}: ${result.error.issues[0]?.message})`;
  } catch (error) {
    return `${path} cannot be read (${error instanceof Error ? error.message.split("\n")[0] : error})`;
  }
}

/**
 * The cluster that a stack works on; null where it is the one that this pod runs in. Answers a sentence where there is
 * none, without its end.
 */
export function findCluster(access: ClusterAccess): ChosenCluster | string | null {
  const paths = candidates(access);
  const there = paths.filter((path) => existsSync(path));
  if (there.length === 0) {
    if (access.kubeconfig === undefined && isInPod()) return null;
    return `There is no kubeconfig: ${paths.join(", ")} is missing`;
  }
  const files: PlacedKubeconfig[] = [];
  for (const path of there) {
    const found = read(path);
    if (typeof found === "string") return `The kubeconfig ${found}`;
    files.push(found);
  }
  const chosen = chooseCluster(files, access.context);
  return typeof chosen === "string" ? `The kubeconfig ${there.join(", ")} cannot be used: ${chosen}` : chosen;
}
