import { builtIn, type Manifest } from "../kubernetes/manifest.plan.ts";
import type { TeamConfig } from "./team-schema.plan.ts";

const rbac = "rbac.authorization.k8s.io/v1";

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

const read = ["get", "list", "watch"];
const write = ["create", "update", "patch", "delete"];

const workloads = [
  { apiGroups: [""], resources: ["pods", "services", "configmaps", "persistentvolumeclaims"] },
  { apiGroups: ["apps"], resources: ["deployments", "statefulsets"] },
  { apiGroups: ["batch"], resources: ["jobs", "cronjobs"] },
  { apiGroups: ["trainer.kubeflow.org"], resources: ["trainjobs"] },
  { apiGroups: ["ray.io"], resources: ["rayjobs", "rayclusters", "rayservices"] },
  { apiGroups: ["serving.kserve.io"], resources: ["inferenceservices"] },
] as const;

/** What can be looked at beside workloads; Secrets are not among it. */
const looks: readonly Rule[] = [
  { apiGroups: [""], resources: ["events", "pods/log", "resourcequotas", "limitranges"], verbs: read },
  { apiGroups: ["kueue.x-k8s.io"], resources: ["localqueues", "workloads"], verbs: read },
];

const rules: Readonly<Record<"viewers" | "members" | "admins", readonly Rule[]>> = {
  viewers: [...workloads.map((found) => ({ ...found, verbs: read })), ...looks],
  members: [...workloads.map((found) => ({ ...found, verbs: [...read, ...write] })), ...looks],
  // Secrets are put in and taken out, never read: pods get them as files.
  admins: [
    ...workloads.map((found) => ({ ...found, verbs: [...read, ...write] })),
    ...looks,
    { apiGroups: [""], resources: ["secrets"], verbs: write },
    { apiGroups: ["networking.k8s.io"], resources: ["networkpolicies"], verbs: read },
  ],
};

/** Roles in the team's namespace, bound to groups of the identity provider and to nobody else. */
export function accessManifests({ groups }: TeamConfig, namespace: string): readonly Manifest[] {
  return (["viewers", "members", "admins"] as const).flatMap((role) => {
    const name = `team-${role}`;
    const bound = groups[role];
    return [
      builtIn(rbac, "Role", { name, namespace }, { rules: rules[role] }),
      ...(bound.length === 0
        ? []
        : [
            builtIn(
              rbac,
              "RoleBinding",
              { name, namespace },
              {
                roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name },
                subjects: bound.map((group) => ({
                  apiGroup: "rbac.authorization.k8s.io",
                  kind: "Group",
                  name: group,
                })),
              },
            ),
          ]),
    ];
  });
}
