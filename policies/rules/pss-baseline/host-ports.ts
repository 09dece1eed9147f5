import { every, isGiven, isIn, not } from "../../lib/condition.ts";
import { definePodRule } from "../../lib/object-rule.ts";
import { containers, each, within } from "../../lib/scope.ts";

export const hostPorts = definePodRule(
  import.meta.url,
  {
    description: "No container opens a port of its node, where network policies do not reach.",
    severity: "medium",
    controls: ["PSS baseline", "CIS Kubernetes 5.2.13"],
    remediation: "Remove hostPort and use a Service.",
  },
  [
    {
      each: within(containers, each("ports")),
      refuse: every(isGiven("hostPort"), not(isIn("hostPort", [0, "0"]))),
      at: "hostPort",
      what: "opens a port of every node: use a Service",
    },
  ],
);
