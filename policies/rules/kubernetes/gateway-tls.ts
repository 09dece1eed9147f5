import { isIn, not } from "../../lib/condition.ts";
import { gatewayKind } from "../../lib/object-kind.ts";
import { defineObjectRule } from "../../lib/object-rule.ts";
import { quote } from "../../lib/plain-data.ts";
import { each } from "../../lib/scope.ts";

export const gatewayTls = defineObjectRule(
  import.meta.url,
  {
    description:
      "Every listener of a gateway speaks TLS, so that no token crosses the network in plain text.",
    severity: "high",
    controls: ["NSA/CISA 1.2 network separation", "SOC 2 CC6.7"],
    remediation: "Set protocol HTTPS with tls.certificateRefs; redirect HTTP at the load balancer.",
  },
  [gatewayKind],
  [
    {
      each: [[each("spec.listeners")]],
      refuse: not(isIn("protocol", ["HTTPS", "TLS"])),
      at: "protocol",
      what: (value) => `is ${quote(value)}: use HTTPS`,
    },
  ],
);
