import { isOn } from "../../lib/condition.ts";
import { definePodRule } from "../../lib/object-rule.ts";
import { containerContexts } from "../../lib/scope.ts";

export const privileged = definePodRule(
  import.meta.url,
  {
    description: "No container is privileged: such a one is root on its node.",
    severity: "critical",
    controls: ["PSS baseline", "CIS Kubernetes 5.2.2", "NSA/CISA 1.2 pod security"],
    remediation:
      "Remove securityContext.privileged and give the container the single capability or device that it needs.",
  },
  [
    {
      each: containerContexts,
      refuse: isOn("privileged"),
      at: "privileged",
      what: "is true: remove it",
    },
  ],
);
