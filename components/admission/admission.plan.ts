import { defineAddon, object, release } from "../kubernetes/addon.plan.ts";
import { builtIn, custom, type Manifest } from "../kubernetes/manifest.plan.ts";
import { apiServer, ingress, internet, teamLabel, webhook } from "../kubernetes/namespace.plan.ts";
import { options } from "../kubernetes/options.plan.ts";

const namespace = "kyverno";

/** Rules of the API server itself about what teams run, in CEL over one object. */
const rules = {
  "images-by-digest": {
    message: "name every image by its digest: image@sha256:...",
    expression: "object.spec.containers.all(c, c.image.contains('@sha256:'))",
  },
  "memory-limits": {
    message: "give every container a limit of memory",
    expression:
      "object.spec.containers.all(c, has(c.resources) && has(c.resources.limits) && 'memory' in c.resources.limits)",
  },
} as const;

const teams = { matchExpressions: [{ key: teamLabel, operator: "Exists" }] };
const pods = [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"] }];

const ruleNames = Object.keys(rules) as (keyof typeof rules)[];

function policy(name: keyof typeof rules): readonly Manifest[] {
  const group = "admissionregistration.k8s.io/v1";
  return [
    builtIn(
      group,
      "ValidatingAdmissionPolicy",
      { name },
      {
        spec: {
          failurePolicy: "Fail",
          matchConstraints: { resourceRules: pods },
          validations: [rules[name]],
        },
      },
    ),
    builtIn(
      group,
      "ValidatingAdmissionPolicyBinding",
      { name },
      {
        spec: { policyName: name, validationActions: ["Deny"], matchResources: { namespaceSelector: teams } },
      },
    ),
  ];
}

/** Rules about what teams run, judged by the API server itself; nothing more to keep alive. */
export const admissionPolicies = defineAddon({
  type: "bedplate:admission:AdmissionPolicies",
  provides: ["admission"],
  options: options({}),
  plan: () => ({
    namespaces: [],
    stages: [ruleNames.flatMap((name) => policy(name).map(object))],
    connections: { admission: { engine: "kubernetes" } },
  }),
});

/** The same rules by Kyverno, for who has more of its kind. */
export const kyverno = defineAddon({
  type: "bedplate:admission:Kyverno",
  provides: ["admission"],
  options: options({}),
  plan: (_options, { production }) => ({
    namespaces: [
      {
        name: namespace,
        allows: [apiServer, internet, webhook(9443), ingress("figures", [8000], "cluster")],
      },
    ],
    stages: [
      [
        release(
          "kyverno",
          namespace,
          {
            crds: { install: true },
            admissionController: { replicas: production ? 3 : 1 },
            backgroundController: { replicas: production ? 2 : 1 },
            cleanupController: { replicas: 1 },
            reportsController: { replicas: 1 },
          },
          { data: true },
        ),
      ],
      ruleNames.map((name) =>
        object(
          custom(
            "ValidatingPolicy",
            { name },
            {
              validationActions: ["Deny"],
              matchConstraints: { resourceRules: pods, namespaceSelector: teams },
              validations: [rules[name]],
            },
          ),
        ),
      ),
    ],
    connections: { admission: { engine: "kyverno" } },
  }),
});
