import { every, isOff, not } from "../../lib/condition.ts";
import { definePodRule } from "../../lib/object-rule.ts";
import { notOnWindows } from "../../lib/pod-security.ts";
import { containerContexts } from "../../lib/scope.ts";

export const privilegeEscalation = definePodRule(
  import.meta.url,
  {
    description:
      "No process of a container gains more rights than its parent, by set-user-ID files for example.",
    severity: "high",
    controls: ["PSS restricted", "CIS Kubernetes 5.2.6"],
    remediation: "Set securityContext.allowPrivilegeEscalation to false on every container.",
  },
  [
    {
      each: containerContexts,
      refuse: every(notOnWindows, not(isOff("allowPrivilegeEscalation"))),
      at: "allowPrivilegeEscalation",
      what: "is not false: set it to false",
      mend: false,
    },
  ],
);
