import { every, isEmpty, isIn, some } from "../../lib/condition.ts";
import { bindingKinds, roleKinds } from "../../lib/object-kind.ts";
import { defineObjectRule } from "../../lib/object-rule.ts";
import { quote } from "../../lib/plain-data.ts";
import { each, type Scope, theObject } from "../../lib/scope.ts";

/** Verbs that hand out more than their holder has. */
const handOut = ["escalate", "bind", "impersonate"];
const reading = ["get", "list", "watch", "*"];
const making = ["create", "update", "patch", "*"];
/** Who can run commands in any pod or forge tokens is everybody. */
const doors = ["pods/exec", "pods/attach", "serviceaccounts/token"];
const everybody = ["system:anonymous", "system:unauthenticated", "system:authenticated"];

const rules: Scope = [[each("rules")]];
/** A rule that names its objects is about those alone. */
const ofAllObjects = isEmpty("resourceNames");

export const rbacEscalation = defineObjectRule(
  import.meta.url,
  {
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
  },
  [...roleKinds, ...bindingKinds],
  [
    {
      each: rules,
      refuse: every(ofAllObjects, some("verbs", isIn("", handOut))),
      at: "verbs",
      what: (value) =>
        `has one of ${handOut.join(", ")} in ${quote(value)}, by which its holder takes any right: remove it`,
    },
    {
      each: rules,
      refuse: every(ofAllObjects, some("resources", isIn("", ["secrets"])), some("verbs", isIn("", reading))),
      what: "reads every secret of its scope: name them in resourceNames of a rule of its own",
    },
    {
      each: rules,
      refuse: every(ofAllObjects, some("resources", isIn("", doors)), some("verbs", isIn("", making))),
      at: "resources",
      what: (value) => `has a way into others, one of ${doors.join(", ")}, in ${quote(value)}: remove it`,
    },
    {
      each: rules,
      refuse: every(ofAllObjects, some("resources", isIn("", ["nodes/proxy"]))),
      at: "resources",
      what: "has nodes/proxy, by which its holder runs commands in every pod: remove it",
    },
    {
      each: theObject,
      refuse: isIn("roleRef.name", ["cluster-admin"]),
      at: "roleRef",
      what: "is cluster-admin, which may do anything: bind a role of your own",
    },
    {
      each: [[each("subjects")]],
      refuse: isIn("name", everybody),
      at: "name",
      what: (value) => `is ${quote(value)}, which is everybody: name a group of people`,
    },
  ],
);
