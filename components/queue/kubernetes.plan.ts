import type { z } from "zod";
import { type Pool, poolLabel, tolerationsOf } from "../gpu/gpu.plan.ts";
import { defineAddon, object, release } from "../kubernetes/addon.plan.ts";
import { custom, type Manifest } from "../kubernetes/manifest.plan.ts";
import { apiServer, ingress, queuedLabel, webhook } from "../kubernetes/namespace.plan.ts";
import { options, quantity, whole } from "../kubernetes/options.plan.ts";
import { gpuResource } from "../kubernetes/pod.plan.ts";

const namespace = "kueue";
const cohort = "platform";

const share = {
  cpu: whole(0, 100_000).default(0),
  memory: quantity.optional(),
};

const capacity = options({
  cpu: options(share).prefault({}),
  gpu: options({ ...share, gpus: whole(0, 10_000).default(0) }).prefault({}),
  "gpu-spot": options({ ...share, gpus: whole(0, 10_000).default(0) }).prefault({}),
});

/** What of one pool somebody has. */
export interface PoolShare {
  readonly cpu: number;
  readonly memory: string;
  readonly gpus: number;
  /** GPUs that may be borrowed beyond the share; all that is free when left out. */
  readonly borrow?: number | undefined;
}

/** What of every pool somebody has. */
export type Shares = Partial<Readonly<Record<Pool, PoolShare>>>;

const amount = (name: string, nominalQuota: number | string, borrowingLimit: number | undefined) => ({
  name,
  nominalQuota,
  ...(borrowingLimit !== undefined && { borrowingLimit }),
});

/**
 * Resource groups of Kueue. All pools that have GPUs are one group, so that a job tries them in order; Kueue wants every
 * flavor of a group to list every resource of it.
 */
export function resourceGroups(shares: Shares): readonly Readonly<Record<string, unknown>>[] {
  const flavors = (["gpu", "gpu-spot", "cpu"] as const).flatMap((pool) => {
    const found = shares[pool];
    if (found === undefined) return [];
    return [
      {
        name: pool,
        resources: [
          amount("cpu", found.cpu, undefined),
          amount("memory", found.memory, undefined),
          amount(gpuResource, found.gpus, found.borrow),
        ],
      },
    ];
  });
  return flavors.length === 0 ? [] : [{ coveredResources: ["cpu", "memory", gpuResource], flavors }];
}

/** Nothing of its own in each of the pools, so that all that it has is borrowed. */
export function noShares(pools: readonly string[]): Shares {
  const known = (["cpu", "gpu", "gpu-spot"] as const).filter((pool) => pools.includes(pool));
  return Object.fromEntries(known.map((pool) => [pool, { cpu: 0, memory: "0", gpus: 0 }]));
}

const flavor = (pool: Pool): Manifest =>
  custom(
    "ResourceFlavor",
    { name: pool },
    { nodeLabels: { [poolLabel]: pool }, tolerations: tolerationsOf(pool) },
  );

const priority = (name: string, value: number, description: string): Manifest => {
  const { spec: _none, ...rest } = custom("WorkloadPriorityClass", { name }, {});
  return { ...rest, value, description };
};

/** Kueue's own file. Only labelled namespaces are its business: without it, no Job of the cluster could be made while it is down. */
const managerConfig = `apiVersion: config.kueue.x-k8s.io/v1beta2
kind: Configuration
health: {healthProbeBindAddress: ":8081"}
metrics: {bindAddress: ":8443", enableClusterQueueResources: true}
webhook: {port: 9443}
leaderElection: {leaderElect: true, resourceName: c1f6bfd2.kueue.x-k8s.io}
controller: {groupKindConcurrency: {Job.batch: 5, Pod: 5, Workload.kueue.x-k8s.io: 5, LocalQueue.kueue.x-k8s.io: 1, ClusterQueue.kueue.x-k8s.io: 1, ResourceFlavor.kueue.x-k8s.io: 1}}
clientConnection: {qps: 50, burst: 100}
manageJobsWithoutQueueName: false
managedJobsNamespaceSelector: {matchExpressions: [{key: ${queuedLabel}, operator: Exists}]}
waitForPodsReady: {timeout: 10m, recoveryTimeout: 3m, requeuingStrategy: {timestamp: Eviction, backoffLimitCount: 5}}
integrations: {frameworks: [batch/job, trainer.kubeflow.org/trainjob, ray.io/rayjob, ray.io/raycluster, jobset.x-k8s.io/jobset, pod]}
`;

type Capacity = z.infer<typeof capacity>;

function sharesOf({ cpu, gpu, "gpu-spot": spot }: Capacity): Shares {
  const pool = (found: { cpu: number; memory?: string | undefined; gpus?: number }): PoolShare => ({
    cpu: found.cpu,
    memory: found.memory ?? "0",
    gpus: found.gpus ?? 0,
  });
  return {
    cpu: pool(cpu),
    ...((gpu.gpus > 0 || gpu.cpu > 0) && { gpu: pool(gpu) }),
    ...((spot.gpus > 0 || spot.cpu > 0) && { "gpu-spot": pool(spot) }),
  };
}

/** A queue for jobs: every team has its share, lends what it does not use, and gets it back. */
export const kueue = defineAddon({
  type: "bedplate:queue:Kueue",
  provides: ["queue"],
  requires: ["certificates"],
  after: ["gpu"],
  options: options({
    /** What all teams may borrow beside their own shares. */
    shared: capacity.prefault({}),
  }),
  check: ({ shared }) =>
    (["gpu", "gpu-spot"] as const).flatMap((pool) =>
      shared[pool].gpus > 0 && shared[pool].cpu === 0
        ? [
            {
              path: `shared.${pool}.cpu`,
              value: "0",
              allowed: `at least 1 for ${shared[pool].gpus} GPUs, which no job can use without a processor`,
              fix: `set shared.${pool}.cpu, for example 8 for each GPU`,
            },
          ]
        : [],
    ),
  plan: ({ shared }, { production }) => {
    const shares = sharesOf(shared);
    const flavors = Object.keys(shares) as Pool[];
    return {
      namespaces: [
        { name: namespace, allows: [apiServer, webhook(9443), ingress("figures", [8443], "cluster")] },
      ],
      stages: [
        [
          release(
            "kueue",
            namespace,
            {
              enableCertManager: true,
              enablePrometheus: false,
              controllerManager: {
                replicas: production ? 2 : 1,
                ...(production && { podDisruptionBudget: { enabled: true, minAvailable: 1 } }),
              },
              managerConfig: { controllerManagerConfigYaml: managerConfig },
            },
            { data: true },
          ),
        ],
        [
          ...flavors.map(flavor),
          custom("Cohort", { name: cohort }, { resourceGroups: resourceGroups(shares) }),
          priority("low", 100, "What may wait"),
          priority("normal", 1_000, "What nobody has said more of"),
          priority("high", 10_000, "What goes first"),
        ].map(object),
      ],
      monitors: [{ name: "kueue", namespace, labels: { "app.kubernetes.io/name": "kueue" }, port: "https" }],
      connections: { queue: { cohort, flavors } },
    };
  },
});
