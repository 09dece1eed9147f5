import { fieldsOf, isUnknown } from "../../lib/plain-data.ts";
import { allContexts, definePodRule, isSet, quote } from "../../lib/pod-security.ts";

export const baselineSeccomp = definePodRule(
  import.meta.url,
  {
    description: "No pod or container switches the filter of system calls off.",
    severity: "medium",
    controls: ["PSS baseline", "CIS Kubernetes 5.7.2"],
    remediation: "Set seccompProfile.type to RuntimeDefault, or leave it out.",
  },
  ({ spec }) =>
    allContexts(spec).flatMap(({ at, context }) => {
      if (!isSet(context.seccompProfile) || isUnknown(context.seccompProfile)) return [];
      const { type } = fieldsOf(context.seccompProfile);
      if (isUnknown(type) || type === "RuntimeDefault" || type === "Localhost") return [];
      return [
        {
          at: `${at}.seccompProfile.type`,
          what: `is ${quote(type)}: allowed are RuntimeDefault and Localhost`,
        },
      ];
    }),
);
