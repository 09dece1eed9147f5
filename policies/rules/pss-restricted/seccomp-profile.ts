import { fieldsOf, isUnknown } from "../../lib/plain-data.ts";
import {
  containerContexts,
  definePodRule,
  isSet,
  isWindows,
  podContext,
  quote,
  type SecurityContext,
} from "../../lib/pod-security.ts";

/** What is not known yet is taken as right. */
function judge({ context: { seccompProfile: profile } }: SecurityContext): "missing" | "right" | "wrong" {
  if (isUnknown(profile)) return "right";
  if (!isSet(profile)) return "missing";
  const { type } = fieldsOf(profile);
  return isUnknown(type) || type === "RuntimeDefault" || type === "Localhost" ? "right" : "wrong";
}

const finding = ({ at, context }: SecurityContext) => ({
  at: `${at}.seccompProfile.type`,
  what: `is ${quote(fieldsOf(context.seccompProfile).type)}: allowed are RuntimeDefault and Localhost`,
});

export const restrictedSeccomp = definePodRule(
  import.meta.url,
  {
    description: "Every container runs under a filter of system calls, its own or its pod's.",
    severity: "medium",
    controls: ["PSS restricted", "CIS Kubernetes 5.7.2"],
    remediation: "Set securityContext.seccompProfile.type to RuntimeDefault on the pod.",
  },
  ({ spec }) => {
    if (isWindows(spec) || isUnknown(spec.securityContext)) return [];
    const pod = podContext(spec);
    const whole = judge(pod);
    return [
      ...(whole === "wrong" ? [finding(pod)] : []),
      ...containerContexts(spec).flatMap((container) => {
        const own = judge(container);
        if (own === "wrong") return [finding(container)];
        if (own === "right" || whole === "right") return [];
        return [
          {
            at: `${container.at}.seccompProfile`,
            what: "is missing: set it, or on the pod for all",
            mend: { type: "RuntimeDefault" },
          },
        ];
      }),
    ];
  },
  { mends: true },
);
