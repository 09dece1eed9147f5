import { fieldsOf, isUnknown, itemsOf } from "../../lib/plain-data.ts";
import { containerContexts, definePodRule, quote } from "../../lib/pod-security.ts";

const allowed = new Set([
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
]);

export const baselineCapabilities = definePodRule(
  import.meta.url,
  {
    description: "No container adds capabilities beyond those that container runtimes give by default.",
    severity: "high",
    controls: ["PSS baseline", "CIS Kubernetes 5.2.8"],
    remediation: "Remove the capability from securityContext.capabilities.add.",
  },
  ({ spec }) =>
    containerContexts(spec).flatMap(({ at, context }) =>
      itemsOf(fieldsOf(context.capabilities).add)
        .filter((name) => !isUnknown(name) && !(typeof name === "string" && allowed.has(name)))
        .map((name) => ({ at: `${at}.capabilities.add`, what: `has ${quote(name)}: remove it` })),
    ),
);
