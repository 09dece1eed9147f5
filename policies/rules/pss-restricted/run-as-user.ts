import { isUnknown } from "../../lib/plain-data.ts";
import { allContexts, definePodRule, hasOwnUsers } from "../../lib/pod-security.ts";

export const runAsUser = definePodRule(
  import.meta.url,
  {
    description: "No pod or container asks for user 0, which is root.",
    severity: "high",
    controls: ["PSS restricted", "CIS Kubernetes 5.2.7"],
    remediation: "Remove securityContext.runAsUser, or name a user that is not 0.",
  },
  ({ spec }) =>
    hasOwnUsers(spec) || isUnknown(spec.hostUsers)
      ? []
      : allContexts(spec)
          .filter(({ context: { runAsUser } }) => runAsUser === 0 || runAsUser === "0")
          .map(({ at }) => ({ at: `${at}.runAsUser`, what: "is 0, which is root: name another user" })),
);
