import { fieldsOf, isUnknown, itemsOf } from "../../lib/plain-data.ts";
import { kubernetesKind, kubernetesObjects } from "../../lib/pod.ts";
import { quote } from "../../lib/pod-security.ts";
import { defineRule } from "../../lib/rule.ts";

const secure = new Set(["HTTPS", "TLS"]);

export const gatewayTls = defineRule(import.meta.url, {
  description: "Every listener of a gateway speaks TLS, so that no token crosses the network in plain text.",
  severity: "high",
  controls: ["NSA/CISA 1.2 network separation", "SOC 2 CC6.7"],
  remediation: "Set protocol HTTPS with tls.certificateRefs; redirect HTTP at the load balancer.",
  violations: (resource) => {
    if (kubernetesKind(resource.type) !== "Gateway" || !/gateway\.networking\.k8s\.io/.test(resource.type))
      return [];
    return kubernetesObjects(resource).flatMap(({ spec }) =>
      itemsOf(fieldsOf(spec).listeners).flatMap((item, index) => {
        const { protocol } = fieldsOf(item);
        if (isUnknown(item) || isUnknown(protocol) || (typeof protocol === "string" && secure.has(protocol)))
          return [];
        return [`spec.listeners[${index}].protocol is ${quote(protocol)}: use HTTPS`];
      }),
    );
  },
});
