import { fieldsOf, isUnknown } from "../../lib/plain-data.ts";
import { kubernetesKind, kubernetesObjects } from "../../lib/pod.ts";
import { quote } from "../../lib/pod-security.ts";
import { defineRule } from "../../lib/rule.ts";

const prefix = "pod-security.kubernetes.io/";

export const namespacePodSecurity = defineRule(import.meta.url, {
  description:
    "Every namespace has the API server enforce the Pod Security Standards, at a version that is named.",
  severity: "high",
  controls: ["CIS Kubernetes 5.2.1", "NSA/CISA 1.2 pod security"],
  remediation:
    "Label it pod-security.kubernetes.io/enforce: restricted and enforce-version: v1.37, or the cluster's version.",
  violations: (resource) => {
    if (kubernetesKind(resource.type) !== "Namespace") return [];
    return kubernetesObjects(resource).flatMap(({ metadata }) => {
      const labels = fieldsOf(metadata).labels;
      const { [`${prefix}enforce`]: level, [`${prefix}enforce-version`]: version } = fieldsOf(labels);
      if ([metadata, labels, level, version].some(isUnknown)) return [];
      const enforced = level === "restricted" || level === "baseline";
      const pinned = typeof version === "string" && /^v1\.\d{1,3}$/.test(version);
      return [
        ...(enforced
          ? []
          : [`metadata.labels["${prefix}enforce"] is ${quote(level)}: set restricted or baseline`]),
        ...(pinned
          ? []
          : [`metadata.labels["${prefix}enforce-version"] is ${quote(version)}: name a version`]),
      ];
    });
  },
});
