import { setTimeout as sleep } from "node:timers/promises";
import type { Cluster } from "./cluster.ts";
import { operated, operatorStages } from "./stages.plan.ts";

const describedWithinMs = 60_000;
const pauseMs = 200;

/**
 * Has kwok do what operators do with their resources of the given kinds, each as `<group>/<kind>`. It is told once the
 * API server describes them: what it does not find then, it does not look for again. Throws where they are not described
 * within a minute.
 */
export async function operate(cluster: Cluster, kinds: ReadonlySet<string>): Promise<void> {
  const until = Date.now() + describedWithinMs;
  for (const { apiVersion, kind } of operated(kinds)) {
    while (!(await isDescribed(cluster, apiVersion, kind))) {
      if (Date.now() > until) throw new Error(`not served: ${apiVersion} ${kind}`);
      await sleep(pauseMs);
    }
  }
  const stages = operatorStages(kinds);
  if (stages.length > 0) await cluster.apply(stages);
}

/** Whether a kind is in the API server's description (OpenAPI 3), which comes some time after its CRD is established. */
async function isDescribed({ kubectl }: Cluster, apiVersion: string, kind: string): Promise<boolean> {
  // It is an error as long as nothing of the version is described.
  const text = await kubectl(["get", "--raw", `/openapi/v3/apis/${apiVersion}`]).catch(() => "");
  return text.includes(`"kind":"${kind}"`);
}
