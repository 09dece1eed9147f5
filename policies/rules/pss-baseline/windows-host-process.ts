import { fieldsOf } from "../../lib/plain-data.ts";
import { allContexts, definePodRule, isTrue } from "../../lib/pod-security.ts";

export const windowsHostProcess = definePodRule(
  import.meta.url,
  {
    description: "No pod runs as a process of a Windows node.",
    severity: "critical",
    controls: ["PSS baseline", "CIS Kubernetes 5.2.11"],
    remediation: "Remove windowsOptions.hostProcess.",
  },
  ({ spec }) =>
    allContexts(spec)
      .filter(({ context }) => isTrue(fieldsOf(context.windowsOptions).hostProcess))
      .map(({ at }) => ({ at: `${at}.windowsOptions.hostProcess`, what: "is true: remove it" })),
);
