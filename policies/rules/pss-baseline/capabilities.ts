import { isIn, not } from "../../lib/condition.ts";
import { definePodRule } from "../../lib/object-rule.ts";
import { quote } from "../../lib/plain-data.ts";
import { containerContexts, each, within } from "../../lib/scope.ts";

const allowed = [
  "AUDIT_WRITE",
  "CHOWN",
  "DAC_OVERRIDE",
  "FOWNER",
  "FSETID",
  "KILL",
  "MKNOD",
  "NET_BIND_SERVICE",
  "SETFCAP",
  "SETGID",
  "SETPCAP",
  "SETUID",
  "SYS_CHROOT",
];

export const baselineCapabilities = definePodRule(
  import.meta.url,
  {
    description: "No container adds capabilities beyond those that container runtimes give by default.",
    severity: "high",
    controls: ["PSS baseline", "CIS Kubernetes 5.2.8"],
    remediation: "Remove the capability from securityContext.capabilities.add.",
  },
  [
    {
      each: within(containerContexts, each("capabilities.add")),
      refuse: not(isIn("", allowed)),
      what: (value) => `is ${quote(value)}: remove it`,
    },
  ],
);
