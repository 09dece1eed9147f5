import { goodPod } from "../lib/rule-cases.ts";

/** One mutation of a good pod, and what a rule says to it. */
export interface PodCase {
  readonly what: string;
  /** Laid over the pod's spec. */
  readonly spec?: object;
  /** Laid over one container, in each of the three lists in turn. */
  readonly container?: object;
  readonly annotations?: object;
}

/** Mutations that break a rule and mutations that look like it and do not. */
export interface PodCases {
  readonly bad: readonly PodCase[];
  readonly good: readonly PodCase[];
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Lays a mutation over a value: maps are merged, everything else is replaced, undefined removes. */
export function overlay(base: unknown, over: unknown): unknown {
  if (!isMap(base) || !isMap(over)) return over;
  const merged = { ...base };
  for (const [key, value] of Object.entries(over)) {
    if (value === undefined) delete merged[key];
    else merged[key] = key in base ? overlay(base[key], value) : value;
  }
  return merged;
}

/** The mutated pod's metadata and spec, once for each list of containers when a container is meant. */
export function mutants({
  spec,
  container,
  annotations,
}: PodCase): readonly { metadata: object; spec: object }[] {
  const metadata = { annotations: annotations ?? {} };
  const pod = overlay(goodPod, spec ?? {}) as typeof goodPod;
  if (container === undefined) return [{ metadata, spec: pod }];
  const lists = ["initContainers", "containers", "ephemeralContainers"] as const;
  return lists.map((list) => ({
    metadata,
    spec: { ...pod, [list]: pod[list].map((one) => overlay(one, container)) },
  }));
}
