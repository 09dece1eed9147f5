import { builtIn, custom, type Manifest } from "../kubernetes/manifest.plan.ts";
import { teamLabel } from "../kubernetes/namespace.plan.ts";
import { resourceGroups, type Shares } from "../queue/kubernetes.plan.ts";
import type { TeamConfig } from "./team-schema.plan.ts";

/** What all pods of the team may ask for together, and what a container gets that says nothing. */
export function quotaManifests({ quota }: TeamConfig, namespace: string): readonly Manifest[] {
  return [
    builtIn(
      "v1",
      "ResourceQuota",
      { name: "team", namespace },
      {
        spec: {
          hard: {
            "requests.cpu": String(quota.cpu),
            "requests.memory": quota.memory,
            "limits.memory": quota.memory,
            "requests.storage": quota.storage,
            "requests.nvidia.com/gpu": String(quota.gpus),
            pods: String(quota.pods),
            "services.nodeports": "0",
            "services.loadbalancers": "0",
          },
        },
      },
    ),
    builtIn(
      "v1",
      "LimitRange",
      { name: "defaults", namespace },
      {
        spec: {
          limits: [
            {
              type: "Container",
              default: { memory: "512Mi" },
              defaultRequest: { cpu: "100m", memory: "256Mi" },
            },
          ],
        },
      },
    ),
  ];
}

/** The team's share in the cohort, which takes back what others have borrowed, and the queue that its jobs name. */
export function queueManifests(
  { name, queue }: TeamConfig,
  namespace: string,
  cohort: string,
): readonly Manifest[] {
  if (queue === undefined) return [];
  const shares: Shares = queue;
  const clusterQueue = `team-${name}`;
  return [
    custom(
      "ClusterQueue",
      { name: clusterQueue },
      {
        cohortName: cohort,
        namespaceSelector: { matchLabels: { [teamLabel]: name } },
        queueingStrategy: "BestEffortFIFO",
        resourceGroups: resourceGroups(shares),
        preemption: {
          reclaimWithinCohort: "Any",
          borrowWithinCohort: { policy: "LowerPriority" },
          withinClusterQueue: "LowerPriority",
        },
      },
    ),
    custom("LocalQueue", { name: "default", namespace }, { clusterQueue }),
  ];
}
