import { isOn } from "../../lib/condition.ts";
import { definePodRule } from "../../lib/object-rule.ts";
import { thePod } from "../../lib/scope.ts";

export const hostNamespaces = definePodRule(
  import.meta.url,
  {
    description: "No pod shares the network, the processes or the shared memory of its node.",
    severity: "high",
    controls: ["PSS baseline", "CIS Kubernetes 5.2.3", "CIS Kubernetes 5.2.4", "CIS Kubernetes 5.2.5"],
    remediation: "Remove hostNetwork, hostPID and hostIPC; reach other pods through a Service.",
  },
  ["hostNetwork", "hostPID", "hostIPC"].map((field) => ({
    each: thePod,
    refuse: isOn(field),
    at: field,
    what: "is true: remove it",
  })),
);
