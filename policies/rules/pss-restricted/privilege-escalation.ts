import { isUnknown } from "../../lib/plain-data.ts";
import { containerContexts, definePodRule, isFalse, isWindows } from "../../lib/pod-security.ts";

export const privilegeEscalation = definePodRule(
  import.meta.url,
  {
    description:
      "No process of a container gains more rights than its parent, by set-user-ID files for example.",
    severity: "high",
    controls: ["PSS restricted", "CIS Kubernetes 5.2.6"],
    remediation: "Set securityContext.allowPrivilegeEscalation to false on every container.",
  },
  ({ spec }) =>
    isWindows(spec)
      ? []
      : containerContexts(spec)
          .filter(({ context: { allowPrivilegeEscalation: value } }) => !isFalse(value) && !isUnknown(value))
          .map(({ at }) => ({
            at: `${at}.allowPrivilegeEscalation`,
            what: "is not false: set it to false",
            mend: false,
          })),
  { mends: true },
);
