import type { ClusterAccess } from "@bedplate/stacks/cluster/access.ts";
import { type ExecaError, execa } from "execa";
import { z } from "zod";
import { Problem } from "../problem.ts";
import type { ClusterObject } from "./orphans.plan.ts";
import { kubernetesObject } from "./state-resources.plan.ts";

/** An object as the API server has it: with what only a living one carries. */
const livingObject = kubernetesObject.extend({
  metadata: kubernetesObject.shape.metadata.extend({
    deletionTimestamp: z.string().optional(),
    finalizers: z.array(z.string()).optional(),
    ownerReferences: z.array(z.unknown()).optional(),
  }),
  spec: z.record(z.string(), z.unknown()).optional(),
});
const list = z.object({ items: z.array(livingObject) });

interface AuditAccess extends ClusterAccess {
  /** Path of kubectl, where it is not the one on PATH. */
  readonly kubectl?: string | undefined;
}

/** Kinds that come and go by themselves, or are another view of something that is looked at too. */
const passing =
  /^(events|events\.events\.k8s\.io|endpoints|endpointslices\.|leases\.|componentstatuses|.*\.metrics\.k8s\.io)/;

/** What kubectl says where a kind went between the question which there are and the question what there is of them. */
const kindHasGone = /the server doesn't have a resource type|could not find the requested resource/;
/** While operators are taken down, kinds go one after another. */
const askedAtMost = 10;

const answerWithinMs = 120_000;
const answerLimitBytes = 256 * 1024 * 1024;

async function ask(
  { kubeconfig, context, kubectl = "kubectl" }: AuditAccess,
  args: readonly string[],
): Promise<string> {
  const chosen = context === undefined ? [] : ["--context", context];
  try {
    const { stdout } = await execa(kubectl, [...chosen, ...args], {
      env: kubeconfig === undefined ? {} : { KUBECONFIG: kubeconfig },
      timeout: answerWithinMs,
      maxBuffer: answerLimitBytes,
      stdin: "ignore",
    });
    return stdout;
  } catch (error) {
    const { code, stderr, shortMessage } = error as ExecaError<{ encoding: "utf8" }>;
    if (code === "ENOENT") {
      throw new Problem(
        "The audit for orphans asks the cluster through kubectl, which is not on PATH: https://kubernetes.io/docs/tasks/tools",
      );
    }
    throw new Problem(`The cluster could not be asked what is left: ${stderr || shortMessage}`);
  }
}

/** Whether the audit has what it asks the cluster with. */
export async function hasKubectl(): Promise<boolean> {
  return (await execa("kubectl", ["version", "--client"], { reject: false, timeout: 10_000 })).exitCode === 0;
}

/** Every object of a cluster that outlives a moment, of every kind that can be listed. Throws a `Problem`. */
export async function listClusterObjects(access: AuditAccess): Promise<ClusterObject[]> {
  for (let asked = 1; ; asked++) {
    const kinds = (await ask(access, ["api-resources", "--verbs=list", "-o", "name"]))
      .split("\n")
      .filter((kind) => kind !== "" && !passing.test(kind));
    try {
      const found = await ask(access, ["get", kinds.join(","), "-A", "--ignore-not-found", "-o", "json"]);
      return found.trim() === "" ? [] : list.parse(JSON.parse(found)).items;
    } catch (error) {
      if (asked === askedAtMost || !(error instanceof Problem && kindHasGone.test(error.message)))
        throw error;
    }
  }
}
