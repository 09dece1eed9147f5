import { every, isGiven, isIn, not, ofPod } from "../../lib/condition.ts";
import { definePodRule } from "../../lib/object-rule.ts";
import { quote } from "../../lib/plain-data.ts";
import { notOnWindows } from "../../lib/pod-security.ts";
import { allContexts, containerContexts } from "../../lib/scope.ts";

const allowed = ["RuntimeDefault", "Localhost"];

export const restrictedSeccomp = definePodRule(
  import.meta.url,
  {
    description: "Every container runs under a filter of system calls, its own or its pod's.",
    severity: "medium",
    controls: ["PSS restricted", "CIS Kubernetes 5.7.2"],
    remediation: "Set securityContext.seccompProfile.type to RuntimeDefault on the pod.",
  },
  [
    {
      each: allContexts,
      refuse: every(notOnWindows, isGiven("seccompProfile"), not(isIn("seccompProfile.type", allowed))),
      at: "seccompProfile.type",
      what: (value) => `is ${quote(value)}: allowed are RuntimeDefault and Localhost`,
    },
    {
      each: containerContexts,
      refuse: every(
        notOnWindows,
        not(isGiven("seccompProfile")),
        not(isIn(ofPod("securityContext.seccompProfile.type"), allowed)),
      ),
      at: "seccompProfile",
      what: "is missing: set it, or on the pod for all",
      mend: { type: "RuntimeDefault" },
    },
  ],
);
