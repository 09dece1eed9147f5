import { isUnknown } from "../../lib/plain-data.ts";
import { containerContexts, definePodRule, isSet, quote } from "../../lib/pod-security.ts";

export const restrictedProcMount = definePodRule(
  import.meta.url,
  {
    description: "No container sees what the runtime masks below /proc, also not with users of its own.",
    severity: "medium",
    controls: ["PSS restricted (1.35)"],
    remediation: "Remove securityContext.procMount.",
  },
  ({ spec }) =>
    containerContexts(spec)
      .filter(
        ({ context: { procMount } }) => isSet(procMount) && !isUnknown(procMount) && procMount !== "Default",
      )
      .map(({ at, context }) => ({
        at: `${at}.procMount`,
        what: `is ${quote(context.procMount)}: remove it`,
      })),
);
