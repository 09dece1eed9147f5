import { every, isIn, not, some } from "../../lib/condition.ts";
import { definePodRule } from "../../lib/object-rule.ts";
import { quote } from "../../lib/plain-data.ts";
import { notOnWindows } from "../../lib/pod-security.ts";
import { containerContexts, each, within } from "../../lib/scope.ts";

export const restrictedCapabilities = definePodRule(
  import.meta.url,
  {
    description: "Every container gives all capabilities up and takes back at most NET_BIND_SERVICE.",
    severity: "high",
    controls: ["PSS restricted", "CIS Kubernetes 5.2.9", "CIS Kubernetes 5.2.10"],
    remediation: "Set securityContext.capabilities to {drop: [ALL]} on every container.",
  },
  [
    {
      each: containerContexts,
      refuse: every(notOnWindows, not(some("capabilities.drop", isIn("", ["ALL"])))),
      at: "capabilities.drop",
      what: 'lacks "ALL": add it',
    },
    {
      each: within(containerContexts, each("capabilities.add")),
      refuse: every(notOnWindows, not(isIn("", ["NET_BIND_SERVICE"]))),
      what: (value) => `is ${quote(value)}: remove it`,
    },
  ],
);
