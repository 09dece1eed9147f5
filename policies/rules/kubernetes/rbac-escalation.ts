import { quote } from "../../lib/pod-security.ts";
import { bindings, type RoleRule, roleRules } from "../../lib/rbac.ts";
import { defineRule } from "../../lib/rule.ts";

/** Verbs that hand out more than their holder has. */
const handOut = new Set(["escalate", "bind", "impersonate"]);
const reading = new Set(["get", "list", "watch", "*"]);
const making = new Set(["create", "update", "patch", "*"]);
/** Who can run commands in any pod, reach any node or forge tokens, is everybody. */
const doors = new Set(["pods/exec", "pods/attach", "nodes/proxy", "serviceaccounts/token"]);
const everybody = new Set(["system:anonymous", "system:unauthenticated", "system:authenticated"]);

const includes = (list: readonly unknown[], set: ReadonlySet<string>) =>
  list.find((item): item is string => typeof item === "string" && set.has(item));

function judge({ path, verbs, resources }: RoleRule): string[] {
  const verb = includes(verbs, handOut);
  const door = includes(resources, doors);
  const secrets = resources.includes("secrets") && includes(verbs, reading) !== undefined;
  return [
    ...(verb === undefined
      ? []
      : [`${path}.verbs has ${quote(verb)}, by which its holder takes any right: remove it`]),
    ...(secrets
      ? [`${path} reads every secret of its scope: name them in resourceNames of a rule of its own`]
      : []),
    ...(door !== undefined && (includes(verbs, making) !== undefined || door === "nodes/proxy")
      ? [`${path}.resources has ${quote(door)}, a way into others: remove it`]
      : []),
  ];
}

export const rbacEscalation = defineRule(import.meta.url, {
  description:
    "No role lets its holder become somebody else: by handing rights out, reading secrets or entering pods.",
  severity: "high",
  controls: [
    "CIS Kubernetes 5.1.1",
    "CIS Kubernetes 5.1.2",
    "CIS Kubernetes 5.1.8",
    "CIS Kubernetes 5.1.10",
    "CIS Kubernetes 5.1.13",
  ],
  remediation: "Remove the verb or the resource, or name the single objects in resourceNames.",
  violations: (resource) => [
    ...roleRules(resource)
      .filter(({ names }) => names.length === 0)
      .flatMap(judge),
    ...bindings(resource).flatMap(({ roleRef, subjects }) => [
      ...(roleRef.name === "cluster-admin"
        ? ["roleRef is cluster-admin, which may do anything: bind a role of your own"]
        : []),
      ...subjects
        .filter(({ name }) => typeof name === "string" && everybody.has(name))
        .map(({ name }) => `subjects has ${quote(name)}, which is everybody: name a group of people`),
    ]),
  ],
});
