import { type Fields, fieldsOf, itemsOf } from "./plain-data.ts";
import { kubernetesKind, kubernetesObjects } from "./pod.ts";
import type { ResourceView } from "./rule.ts";

/** One rule of a role: what may be done with what. */
export interface RoleRule {
  readonly path: string;
  readonly verbs: readonly unknown[];
  readonly resources: readonly unknown[];
  readonly apiGroups: readonly unknown[];
  readonly urls: readonly unknown[];
  /** The single objects that it is about; empty for all. */
  readonly names: readonly unknown[];
}

/** The rules of a Role or a ClusterRole; none for anything else. */
export function roleRules(resource: ResourceView): readonly RoleRule[] {
  const kind = kubernetesKind(resource.type);
  if (kind !== "Role" && kind !== "ClusterRole") return [];
  return kubernetesObjects(resource).flatMap(({ rules }) =>
    itemsOf(rules).map((item, index) => {
      const { verbs, resources, apiGroups, nonResourceURLs, resourceNames } = fieldsOf(item);
      return {
        path: `rules[${index}]`,
        verbs: itemsOf(verbs),
        resources: itemsOf(resources),
        apiGroups: itemsOf(apiGroups),
        urls: itemsOf(nonResourceURLs),
        names: itemsOf(resourceNames),
      };
    }),
  );
}

/** The bindings in a resource, each with the role that it gives. */
export function bindings(
  resource: ResourceView,
): readonly { roleRef: Fields; subjects: readonly Fields[] }[] {
  const kind = kubernetesKind(resource.type);
  if (kind !== "RoleBinding" && kind !== "ClusterRoleBinding") return [];
  return kubernetesObjects(resource).map(({ roleRef, subjects }) => ({
    roleRef: fieldsOf(roleRef),
    subjects: itemsOf(subjects).map(fieldsOf),
  }));
}
