import { every, isGiven, isIn, not } from "../../lib/condition.ts";
import { definePodRule } from "../../lib/object-rule.ts";
import { quote } from "../../lib/plain-data.ts";
import { containerContexts } from "../../lib/scope.ts";

export const restrictedProcMount = definePodRule(
  import.meta.url,
  {
    description: "No container sees what the runtime masks below /proc, also not with users of its own.",
    severity: "medium",
    controls: ["PSS restricted (1.35)"],
    remediation: "Remove securityContext.procMount.",
  },
  [
    {
      each: containerContexts,
      refuse: every(isGiven("procMount"), not(isIn("procMount", ["Default"]))),
      at: "procMount",
      what: (value) => `is ${quote(value)}: remove it`,
    },
  ],
);
