/** A kind of Kubernetes' objects, with what the API server calls the requests about them. */
export interface ObjectKind {
  readonly kind: string;
  /** Empty for the core group. */
  readonly group: string;
  /** The version that the API server brings all others to, before it judges. */
  readonly version: string;
  readonly resources: readonly string[];
}

const kindOf = (group: string, kind: string, ...resources: readonly string[]): ObjectKind => ({
  kind,
  group,
  version: "v1",
  resources,
});

/** What keeps pods that serve for ever. */
export const servingKinds: readonly ObjectKind[] = [
  kindOf("apps", "Deployment", "deployments"),
  kindOf("apps", "StatefulSet", "statefulsets"),
  kindOf("apps", "DaemonSet", "daemonsets"),
  kindOf("apps", "ReplicaSet", "replicasets"),
  kindOf("", "ReplicationController", "replicationcontrollers"),
];

/** The nine kinds of workload. Ephemeral containers are put into a pod by a request of their own. */
export const workloadKinds: readonly ObjectKind[] = [
  kindOf("", "Pod", "pods", "pods/ephemeralcontainers"),
  kindOf("", "PodTemplate", "podtemplates"),
  ...servingKinds,
  kindOf("batch", "Job", "jobs"),
  kindOf("batch", "CronJob", "cronjobs"),
];

const rbac = "rbac.authorization.k8s.io";
export const roleKinds = [kindOf(rbac, "Role", "roles"), kindOf(rbac, "ClusterRole", "clusterroles")];
export const bindingKinds = [
  kindOf(rbac, "RoleBinding", "rolebindings"),
  kindOf(rbac, "ClusterRoleBinding", "clusterrolebindings"),
];
export const namespaceKind = kindOf("", "Namespace", "namespaces");
export const serviceKind = kindOf("", "Service", "services");
export const gatewayKind = kindOf("gateway.networking.k8s.io", "Gateway", "gateways");

/** Whether an engine's type, such as `kubernetes:core/v1:Service`, is of a kind; lists and patches are too. */
export function isOfKind(type: string, { kind, group }: ObjectKind): boolean {
  const [, version = "", name = ""] = type.split(":");
  const [given = ""] = version.split("/");
  return given === (group === "" ? "core" : group) && name.replace(/(Patch|List)$/, "") === kind;
}
