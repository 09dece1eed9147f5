import { type Fields, fieldsOf, isUnknown, numberOf, quote } from "../../lib/plain-data.ts";
import { kubernetesKind, kubernetesObjects } from "../../lib/pod.ts";
import { defineStackRule, type ResourceView } from "../../lib/rule.ts";
import { selects } from "../../lib/selector.ts";
import { valueBelow } from "../../lib/truth.ts";

const replicated = new Set(["Deployment", "StatefulSet"]);

interface Budget {
  readonly namespace: unknown;
  readonly selector: unknown;
}

const namespaceOf = (object: Fields) => valueBelow(object, ["metadata", "namespace"]) ?? "default";

function budgetsOf(resources: readonly ResourceView[]): readonly Budget[] {
  return resources
    .filter(({ type }) => kubernetesKind(type) === "PodDisruptionBudget")
    .flatMap(kubernetesObjects)
    .map((object) => ({
      namespace: namespaceOf(object),
      selector: valueBelow(object, ["spec", "selector"]),
    }));
}

/** The labels that the pods of a workload have; unknown ones fit every budget. */
const podLabels = (object: Fields) => valueBelow(object, ["spec", "template", "metadata", "labels"]);

export const disruptionBudget = defineStackRule(import.meta.url, {
  description:
    "What runs in several copies has a disruption budget, so that draining nodes never takes all of them.",
  severity: "low",
  controls: ["SOC 2 A1.2"],
  remediation: "Add a PodDisruptionBudget whose selector fits the pods, with maxUnavailable 1.",
  violations: (resources) => {
    const budgets = budgetsOf(resources);
    return resources
      .filter(({ type }) => replicated.has(kubernetesKind(type) ?? "") && !type.endsWith("Patch"))
      .flatMap((resource) => kubernetesObjects(resource).map((object) => ({ resource, object })))
      .filter(({ object }) => numberOf(fieldsOf(object.spec).replicas) > 1)
      .filter(({ object }) => {
        const labels = podLabels(object);
        const namespace = namespaceOf(object);
        return !budgets.some(
          (budget) =>
            (budget.namespace === namespace || isUnknown(budget.namespace) || isUnknown(namespace)) &&
            (isUnknown(labels) || selects(budget.selector, fieldsOf(labels))),
        );
      })
      .map(({ resource, object }) => ({
        resource,
        message: `spec.replicas is ${quote(fieldsOf(object.spec).replicas)}, and no PodDisruptionBudget fits its pods: add one`,
      }));
  },
});
