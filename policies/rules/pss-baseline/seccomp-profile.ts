import { every, isGiven, isIn, not } from "../../lib/condition.ts";
import { definePodRule } from "../../lib/object-rule.ts";
import { quote } from "../../lib/plain-data.ts";
import { allContexts } from "../../lib/scope.ts";

export const baselineSeccomp = definePodRule(
  import.meta.url,
  {
    description: "No pod or container switches the filter of system calls off.",
    severity: "medium",
    controls: ["PSS baseline", "CIS Kubernetes 5.7.2"],
    remediation: "Set seccompProfile.type to RuntimeDefault, or leave it out.",
  },
  [
    {
      each: allContexts,
      refuse: every(
        isGiven("seccompProfile"),
        not(isIn("seccompProfile.type", ["RuntimeDefault", "Localhost"])),
      ),
      at: "seccompProfile.type",
      what: (value) => `is ${quote(value)}: allowed are RuntimeDefault and Localhost`,
    },
  ],
);
