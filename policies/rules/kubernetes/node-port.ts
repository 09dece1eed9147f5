import { fieldsOf } from "../../lib/plain-data.ts";
import { kubernetesKind, kubernetesObjects } from "../../lib/pod.ts";
import { defineRule } from "../../lib/rule.ts";

export const nodePort = defineRule(import.meta.url, {
  description: "No service opens a port of every node, past the gateway and its rules.",
  severity: "medium",
  controls: ["NSA/CISA 1.2 network separation"],
  remediation: "Use type ClusterIP behind the gateway.",
  violations: (resource) =>
    kubernetesKind(resource.type) !== "Service"
      ? []
      : kubernetesObjects(resource)
          .filter(({ spec }) => fieldsOf(spec).type === "NodePort")
          .map(() => "spec.type is NodePort: use ClusterIP behind the gateway"),
});
