import { isIn, matches, not } from "../../lib/condition.ts";
import { namespaceKind } from "../../lib/object-kind.ts";
import { defineObjectRule } from "../../lib/object-rule.ts";
import { quote } from "../../lib/plain-data.ts";
import { to } from "../../lib/scope.ts";

const level = "pod-security.kubernetes.io/enforce";
const version = `${level}-version`;

export const namespacePodSecurity = defineObjectRule(
  import.meta.url,
  {
    description:
      "Every namespace has the API server enforce the Pod Security Standards, at a version that is named.",
    severity: "high",
    controls: ["CIS Kubernetes 5.2.1", "NSA/CISA 1.2 pod security"],
    remediation:
      "Label it pod-security.kubernetes.io/enforce: restricted and enforce-version: v1.37, or the cluster's version.",
  },
  [namespaceKind],
  [
    {
      each: [[to("metadata.labels")]],
      refuse: not(isIn([level], ["restricted", "baseline"])),
      at: [level],
      what: (value) => `is ${quote(value)}: set restricted or baseline`,
    },
    {
      each: [[to("metadata.labels")]],
      refuse: not(matches([version], "^v1[.][0-9]{1,3}$")),
      at: [version],
      what: (value) => `is ${quote(value)}: name a version`,
    },
  ],
);
