import { isIn } from "../../lib/condition.ts";
import { roleKinds } from "../../lib/object-kind.ts";
import { defineObjectRule } from "../../lib/object-rule.ts";
import { quote } from "../../lib/plain-data.ts";
import { each } from "../../lib/scope.ts";

export const rbacWildcards = defineObjectRule(
  import.meta.url,
  {
    description:
      "No role allows everything of a kind: a star also means what is added to the cluster tomorrow.",
    severity: "high",
    controls: ["CIS Kubernetes 5.1.3", "NSA/CISA 1.2 least RBAC"],
    remediation: "Name the verbs, the resources and the API groups that are needed.",
  },
  [...roleKinds],
  [
    {
      each: [[each("rules"), each("verbs", "resources", "apiGroups", "nonResourceURLs")]],
      refuse: isIn("", ["*", "*/*"]),
      what: (value) => `is ${quote(value)}: name what is needed`,
    },
  ],
);
