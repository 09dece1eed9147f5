/** Label of a node with the pool that it belongs to. */
export const poolLabel = "bedplate.dev/pool";

/** Pools of nodes, each a flavor of the queue. */
export const pools = ["cpu", "gpu", "gpu-spot"] as const;
export type Pool = (typeof pools)[number];

/**
 * Taint of every GPU node. One constant with `Exists`, because a toleration with another value leaves the device plugin
 * at nothing desired, silently.
 */
export const gpuToleration = { key: "nvidia.com/gpu", operator: "Exists", effect: "NoSchedule" } as const;

/** Taint of nodes that their provider may take away at any time. */
export const spotToleration = { key: "bedplate.dev/spot", operator: "Exists", effect: "NoSchedule" } as const;

/** What pods of a pool must tolerate. */
export const tolerationsOf = (pool: Pool) =>
  pool === "cpu" ? [] : pool === "gpu" ? [gpuToleration] : [gpuToleration, spotToleration];
