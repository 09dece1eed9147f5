import { isUnknown } from "../../lib/plain-data.ts";
import { containerContexts, definePodRule, hasOwnUsers, isSet, quote } from "../../lib/pod-security.ts";

export const baselineProcMount = definePodRule(
  import.meta.url,
  {
    description: "No container sees what the runtime masks below /proc, unless its users are its own.",
    severity: "medium",
    controls: ["PSS baseline"],
    remediation: "Remove securityContext.procMount, or set hostUsers to false.",
  },
  ({ spec }) =>
    hasOwnUsers(spec) || isUnknown(spec.hostUsers)
      ? []
      : containerContexts(spec)
          .filter(
            ({ context: { procMount } }) =>
              isSet(procMount) && !isUnknown(procMount) && procMount !== "Default",
          )
          .map(({ at, context }) => ({
            at: `${at}.procMount`,
            what: `is ${quote(context.procMount)}: remove it`,
          })),
);
