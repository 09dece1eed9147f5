import { every, isGiven, isOff, isOn, not, ofPod } from "../../lib/condition.ts";
import { definePodRule } from "../../lib/object-rule.ts";
import { usersOfTheNode } from "../../lib/pod-security.ts";
import { containerContexts, thePod, to, within } from "../../lib/scope.ts";

export const runAsNonRoot = definePodRule(
  import.meta.url,
  {
    description: "Every container says that it does not run as root, itself or through its pod.",
    severity: "high",
    controls: ["PSS restricted", "CIS Kubernetes 5.2.7", "NSA/CISA 1.2 non-root containers"],
    remediation:
      "Set securityContext.runAsNonRoot to true on the pod, and build the image for a user that is not root.",
  },
  [
    {
      each: within(thePod, to("securityContext")),
      refuse: every(usersOfTheNode, isOff("runAsNonRoot")),
      at: "runAsNonRoot",
      what: "is false: set it to true",
    },
    {
      each: containerContexts,
      refuse: every(usersOfTheNode, isOff("runAsNonRoot")),
      at: "runAsNonRoot",
      what: "is false: remove it",
    },
    {
      each: containerContexts,
      refuse: every(
        usersOfTheNode,
        not(isGiven("runAsNonRoot")),
        not(isOn(ofPod("securityContext.runAsNonRoot"))),
      ),
      at: "runAsNonRoot",
      what: "is missing: set it to true, or on the pod for all",
    },
  ],
);
