import { roleRules } from "../../lib/rbac.ts";
import { defineRule } from "../../lib/rule.ts";

export const rbacWildcards = defineRule(import.meta.url, {
  description:
    "No role allows everything of a kind: a star also means what is added to the cluster tomorrow.",
  severity: "high",
  controls: ["CIS Kubernetes 5.1.3", "NSA/CISA 1.2 least RBAC"],
  remediation: "Name the verbs, the resources and the API groups that are needed.",
  violations: (resource) =>
    roleRules(resource).flatMap(({ path, ...lists }) =>
      (["verbs", "resources", "apiGroups", "urls"] as const)
        .filter((list) => lists[list].some((name) => name === "*" || name === "*/*"))
        .map((list) => `${path}.${list === "urls" ? "nonResourceURLs" : list} has "*": name what is needed`),
    ),
});
