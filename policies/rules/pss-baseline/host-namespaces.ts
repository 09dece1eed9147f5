import { definePodRule, isTrue } from "../../lib/pod-security.ts";

export const hostNamespaces = definePodRule(
  import.meta.url,
  {
    description: "No pod shares the network, the processes or the shared memory of its node.",
    severity: "high",
    controls: ["PSS baseline", "CIS Kubernetes 5.2.3", "CIS Kubernetes 5.2.4", "CIS Kubernetes 5.2.5"],
    remediation: "Remove hostNetwork, hostPID and hostIPC; reach other pods through a Service.",
  },
  ({ spec }) =>
    ["hostNetwork", "hostPID", "hostIPC"]
      .filter((field) => isTrue(spec[field]))
      .map((at) => ({ at, what: "is true: remove it" })),
);
