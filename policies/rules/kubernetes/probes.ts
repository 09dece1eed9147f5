import { fieldsOf, isUnknown, itemsOf } from "../../lib/plain-data.ts";
import { kubernetesKind, podsOf } from "../../lib/pod.ts";
import { defineRule } from "../../lib/rule.ts";

/** What serves for ever; a job's end is its own sign of health. */
const serving = new Set(["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController"]);

export const probes = defineRule(import.meta.url, {
  description:
    "Every container that serves says when it is ready, so that no request goes to one that is not.",
  severity: "low",
  controls: ["SOC 2 A1.2"],
  remediation: "Add a readinessProbe to the container.",
  violations: (resource) => {
    if (!serving.has(kubernetesKind(resource.type) ?? "")) return [];
    return podsOf(resource).flatMap(({ path, spec }) =>
      itemsOf(spec.containers).flatMap((item, index) => {
        const { readinessProbe } = fieldsOf(item);
        if (isUnknown(item) || isUnknown(readinessProbe)) return [];
        if (Object.keys(fieldsOf(readinessProbe)).length > 0) return [];
        return [`${path}.containers[${index}].readinessProbe is missing: add one`];
      }),
    );
  },
});
