import { any, every, isGiven, isIn, isOff, not } from "../../lib/condition.ts";
import { definePodRule } from "../../lib/object-rule.ts";
import { thePod } from "../../lib/scope.ts";

const given = (field: string) => every(isGiven(field), not(isIn(field, [""])));
const named = (field: string) => every(given(field), not(isIn(field, ["default"])));

export const defaultToken = definePodRule(
  import.meta.url,
  {
    description: "No pod is handed the token of its namespace's default account, which it has no use for.",
    severity: "medium",
    controls: ["CIS Kubernetes 5.1.5", "CIS Kubernetes 5.1.6", "NSA/CISA 1.2 service account tokens"],
    remediation:
      "Set automountServiceAccountToken to false, or serviceAccountName to an account made for this workload.",
  },
  [
    {
      each: thePod,
      refuse: every(
        not(isOff("automountServiceAccountToken")),
        not(
          any(named("serviceAccountName"), every(not(given("serviceAccountName")), named("serviceAccount"))),
        ),
      ),
      at: "automountServiceAccountToken",
      what: "is not false, and the account is the default one: set it to false",
      mend: false,
    },
  ],
);
