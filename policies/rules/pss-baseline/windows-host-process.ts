import { isOn } from "../../lib/condition.ts";
import { definePodRule } from "../../lib/object-rule.ts";
import { allContexts } from "../../lib/scope.ts";

export const windowsHostProcess = definePodRule(
  import.meta.url,
  {
    description: "No pod runs as a process of a Windows node.",
    severity: "critical",
    controls: ["PSS baseline", "CIS Kubernetes 5.2.11"],
    remediation: "Remove windowsOptions.hostProcess.",
  },
  [
    {
      each: allContexts,
      refuse: isOn("windowsOptions.hostProcess"),
      at: "windowsOptions.hostProcess",
      what: "is true: remove it",
    },
  ],
);
