/** One line of what a service account may do. */
export interface AccessRule {
  readonly apiGroup: string;
  readonly version: string;
  readonly resource: string;
  readonly verbs: readonly ("create" | "get" | "list" | "delete")[];
}

/**
 * Everything that the service does with the API server of its cluster, in the one namespace of its jobs. Its client can
 * call nothing else, and its Role allows nothing else. It makes secrets and cannot read them.
 */
export const trainingAccess = {
  jobs: { apiGroup: "batch", version: "v1", resource: "jobs", verbs: ["create", "get", "list", "delete"] },
  trainjobs: {
    apiGroup: "trainer.kubeflow.org",
    version: "v1alpha1",
    resource: "trainjobs",
    verbs: ["create", "get", "list", "delete"],
  },
  rayjobs: {
    apiGroup: "ray.io",
    version: "v1",
    resource: "rayjobs",
    verbs: ["create", "get", "list", "delete"],
  },
  pods: { apiGroup: "", version: "v1", resource: "pods", verbs: ["list"] },
  "pods/log": { apiGroup: "", version: "v1", resource: "pods/log", verbs: ["get"] },
  /** Why pods of a job were refused stands nowhere else. */
  events: { apiGroup: "", version: "v1", resource: "events", verbs: ["list"] },
  secrets: { apiGroup: "", version: "v1", resource: "secrets", verbs: ["create"] },
} as const satisfies Record<string, AccessRule>;

/** The rules of the Role that allows exactly that. */
export function roleRules(
  access: Readonly<Record<string, AccessRule>>,
): { apiGroups: string[]; resources: string[]; verbs: string[] }[] {
  return Object.values(access).map(({ apiGroup, resource, verbs }) => ({
    apiGroups: [apiGroup],
    resources: [resource],
    verbs: [...verbs],
  }));
}
