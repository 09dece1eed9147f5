import { isIn } from "../../lib/condition.ts";
import { serviceKind } from "../../lib/object-kind.ts";
import { defineObjectRule } from "../../lib/object-rule.ts";
import { theObject } from "../../lib/scope.ts";

export const nodePort = defineObjectRule(
  import.meta.url,
  {
    description: "No service opens a port of every node, past the gateway and its rules.",
    severity: "medium",
    controls: ["NSA/CISA 1.2 network separation"],
    remediation: "Use type ClusterIP behind the gateway.",
  },
  [serviceKind],
  [
    {
      each: theObject,
      refuse: isIn("spec.type", ["NodePort"]),
      at: "spec.type",
      what: "is NodePort: use ClusterIP behind the gateway",
    },
  ],
);
