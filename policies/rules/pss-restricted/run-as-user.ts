import { every, isIn } from "../../lib/condition.ts";
import { definePodRule } from "../../lib/object-rule.ts";
import { usersOfTheNode } from "../../lib/pod-security.ts";
import { allContexts } from "../../lib/scope.ts";

export const runAsUser = definePodRule(
  import.meta.url,
  {
    description: "No pod or container asks for user 0, which is root.",
    severity: "high",
    controls: ["PSS restricted", "CIS Kubernetes 5.2.7"],
    remediation: "Remove securityContext.runAsUser, or name a user that is not 0.",
  },
  [
    {
      each: allContexts,
      refuse: every(usersOfTheNode, isIn("runAsUser", [0, "0"])),
      at: "runAsUser",
      what: "is 0, which is root: name another user",
    },
  ],
);
