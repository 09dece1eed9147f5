import { type Fields, fieldsOf, holdsUnknown, isUnknown, itemsOf, quote } from "../../lib/plain-data.ts";
import { kubernetesKind, kubernetesObjects } from "../../lib/pod.ts";
import { defineStackRule, type ResourceView } from "../../lib/rule.ts";
import { valueBelow } from "../../lib/truth.ts";

const objectsOf = (resources: readonly ResourceView[], kind: string) =>
  resources
    .filter(({ type }) => kubernetesKind(type) === kind)
    .flatMap((resource) => kubernetesObjects(resource).map((object) => ({ resource, object })));

const isEmpty = (value: unknown) => Object.keys(fieldsOf(value)).length === 0;

/** Takes in every pod, and allows nothing in one direction at least that it is about. */
function denies({ spec }: Fields): boolean {
  const { podSelector, policyTypes, ingress } = fieldsOf(spec);
  if ([spec, podSelector, policyTypes, ingress].some(holdsUnknown)) return true;
  const types = itemsOf(policyTypes);
  const closesIngress = (types.length === 0 || types.includes("Ingress")) && itemsOf(ingress).length === 0;
  return isEmpty(podSelector) && closesIngress;
}

export const defaultDeny = defineStackRule(import.meta.url, {
  description:
    "Every namespace that a stack makes has a network policy that refuses what no other one allows.",
  severity: "high",
  controls: ["CIS Kubernetes 5.3.2", "CIS EKS 4.3.2", "CIS GKE 4.3.2", "NSA/CISA 1.2 network separation"],
  remediation: "Add a NetworkPolicy with an empty podSelector, policyTypes Ingress and Egress, and no rules.",
  violations: (resources) => {
    const policies = objectsOf(resources, "NetworkPolicy").filter(({ object }) => denies(object));
    const covered = policies.map(({ object }) => valueBelow(object, ["metadata", "namespace"]));
    return objectsOf(resources, "Namespace").flatMap(({ resource, object }) => {
      const name = valueBelow(object, ["metadata", "name"]);
      if (covered.some(isUnknown)) return [];
      if (typeof name !== "string" || covered.includes(name)) return [];
      return [
        { resource, message: `the namespace ${quote(name)} has no default-deny NetworkPolicy: add one` },
      ];
    });
  },
});
