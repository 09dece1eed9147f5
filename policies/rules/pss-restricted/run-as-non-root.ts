import { isUnknown } from "../../lib/plain-data.ts";
import {
  containerContexts,
  definePodRule,
  hasOwnUsers,
  isFalse,
  isSet,
  isTrue,
  podContext,
} from "../../lib/pod-security.ts";

export const runAsNonRoot = definePodRule(
  import.meta.url,
  {
    description: "Every container says that it does not run as root, itself or through its pod.",
    severity: "high",
    controls: ["PSS restricted", "CIS Kubernetes 5.2.7", "NSA/CISA 1.2 non-root containers"],
    remediation:
      "Set securityContext.runAsNonRoot to true on the pod, and build the image for a user that is not root.",
  },
  ({ spec }) => {
    const pod = podContext(spec);
    if (hasOwnUsers(spec) || isUnknown(spec.hostUsers) || isUnknown(spec.securityContext)) return [];
    const whole = pod.context.runAsNonRoot;
    const own = isFalse(whole) ? [{ at: `${pod.at}.runAsNonRoot`, what: "is false: set it to true" }] : [];
    const covered = isTrue(whole) || isUnknown(whole);
    return [
      ...own,
      ...containerContexts(spec).flatMap(({ at, context: { runAsNonRoot: value } }) => {
        if (isFalse(value)) return [{ at: `${at}.runAsNonRoot`, what: "is false: remove it" }];
        if (isSet(value) || covered) return [];
        return [{ at: `${at}.runAsNonRoot`, what: "is missing: set it to true, or on the pod for all" }];
      }),
    ];
  },
);
