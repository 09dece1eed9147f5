import { every, isGiven, isIn, not } from "../../lib/condition.ts";
import { definePodRule } from "../../lib/object-rule.ts";
import { quote } from "../../lib/plain-data.ts";
import { usersOfTheNode } from "../../lib/pod-security.ts";
import { containerContexts } from "../../lib/scope.ts";

export const baselineProcMount = definePodRule(
  import.meta.url,
  {
    description: "No container sees what the runtime masks below /proc, unless its users are its own.",
    severity: "medium",
    controls: ["PSS baseline"],
    remediation: "Remove securityContext.procMount, or set hostUsers to false.",
  },
  [
    {
      each: containerContexts,
      refuse: every(usersOfTheNode, isGiven("procMount"), not(isIn("procMount", ["Default"]))),
      at: "procMount",
      what: (value) => `is ${quote(value)}: remove it`,
    },
  ],
);
