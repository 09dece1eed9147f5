import { isUnknown } from "../../lib/plain-data.ts";
import { definePodRule, isFalse, isSet } from "../../lib/pod-security.ts";

export const defaultToken = definePodRule(
  import.meta.url,
  {
    description: "No pod is handed the token of its namespace's default account, which it has no use for.",
    severity: "medium",
    controls: ["CIS Kubernetes 5.1.5", "CIS Kubernetes 5.1.6", "NSA/CISA 1.2 service account tokens"],
    remediation:
      "Set automountServiceAccountToken to false, or serviceAccountName to an account made for this workload.",
  },
  ({ spec }) => {
    const { automountServiceAccountToken: mount, serviceAccountName, serviceAccount } = spec;
    const name = serviceAccountName ?? serviceAccount;
    if (isFalse(mount) || isUnknown(mount) || isUnknown(name)) return [];
    if (isSet(name) && name !== "" && name !== "default") return [];
    return [
      {
        at: "automountServiceAccountToken",
        what: "is not false, and the account is the default one: set it to false",
        mend: false,
      },
    ];
  },
  { mends: true },
);
