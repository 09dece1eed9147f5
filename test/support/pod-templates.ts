/** An object as plain data, wherever it comes from. */
interface Described {
  readonly kind: string;
  readonly metadata: { readonly name?: string | undefined; readonly namespace?: string | undefined };
  readonly spec?: unknown;
}

type Node = Readonly<Record<string, unknown>>;

/** What an object says that pods are to be. */
export interface PodTemplate {
  /** Kind and name of the object. */
  readonly owner: string;
  /** Undefined where the object belongs to the whole cluster. */
  readonly namespace: string | undefined;
  readonly spec: Node;
}

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function podSpecs(value: unknown): Node[] {
  if (Array.isArray(value)) return value.flatMap(podSpecs);
  if (!isNode(value)) return [];
  return Array.isArray(value.containers) ? [value] : Object.values(value).flatMap(podSpecs);
}

/** Every pod that objects describe, however deep: of workloads, of schedules, of operators' resources. */
export function podTemplates(objects: readonly Described[]): PodTemplate[] {
  return objects.flatMap(({ kind, metadata, spec }) =>
    podSpecs(spec).map((pod) => ({
      owner: `${kind} ${metadata.name}`,
      namespace: metadata.namespace,
      spec: pod,
    })),
  );
}
