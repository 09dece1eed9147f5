import { z } from "zod";
import { defineAddon, object, release } from "../kubernetes/addon.plan.ts";
import { builtIn, custom } from "../kubernetes/manifest.plan.ts";
import { apiServer, ingress, internet, teamLabel, webhook } from "../kubernetes/namespace.plan.ts";
import { options } from "../kubernetes/options.plan.ts";
import policies from "./policies.json" with { type: "json" };

const namespace = "kyverno";

/** Where the policies look for what is allowed. */
const parameters = { name: "policies", namespace: "bedplate-policies" };

const teams = { matchExpressions: [{ key: teamLabel, operator: "Exists" }] };
/** What belongs to no namespace is the platform's, whose operators need more than a team. */
const namespaced = {
  apiGroups: ["*"],
  apiVersions: ["*"],
  operations: ["*"],
  resources: ["*/*"],
  scope: "Namespaced",
};

const ruleOf = ({ metadata: { name } }: (typeof policies)[number]) => name.replace(/^bedplate-/, "");
const ruleIds = policies.map(ruleOf);

const ruleOptions = {
  advisory: z
    .array(z.enum(ruleIds, `rules among ${ruleIds.join(", ")}`))
    // Operators make pods whose token their users cannot choose.
    .default(["kubernetes-default-token"]),
};
const registries = z
  .array(z.string().regex(/^[a-z0-9][a-z0-9./:_-]{0,252}$/, "a prefix of images, such as ghcr.io/acme"))
  .min(1);

const actionsFor = (policy: (typeof policies)[number], advisory: readonly string[]) =>
  advisory.includes(ruleOf(policy)) ? ["Warn", "Audit"] : ["Deny"];

const group = "admissionregistration.k8s.io/v1";

/** Rules that ask what is allowed, where that is said. */
const withParameters = (given: boolean) => policies.filter(({ spec }) => given || !("paramKind" in spec));

function policyAndBinding(policy: (typeof policies)[number], advisory: readonly string[]) {
  const { name } = policy.metadata;
  const spec = {
    policyName: name,
    validationActions: actionsFor(policy, advisory),
    matchResources: { namespaceSelector: teams, resourceRules: [namespaced] },
    ...("paramKind" in policy.spec && { paramRef: { ...parameters, parameterNotFoundAction: "Allow" } }),
  };
  return [
    builtIn(group, policy.kind, policy.metadata, { spec: policy.spec }),
    builtIn(group, "ValidatingAdmissionPolicyBinding", { name }, { spec }),
  ];
}

/** The preview's rules about what teams run, judged by the API server itself; nothing more to keep alive. */
export const admissionPolicies = defineAddon({
  type: "bedplate:admission:AdmissionPolicies",
  provides: ["admission"],
  options: options({ ...ruleOptions, allowedRegistries: registries.optional() }),
  plan: ({ advisory, allowedRegistries }) => ({
    namespaces: allowedRegistries === undefined ? [] : [{ name: parameters.namespace, allows: [] }],
    stages: [
      allowedRegistries === undefined
        ? []
        : [
            object(
              builtIn("v1", "ConfigMap", parameters, {
                data: { allowedRegistries: allowedRegistries.join(",") },
              }),
            ),
          ],
      withParameters(allowedRegistries !== undefined)
        .flatMap((policy) => policyAndBinding(policy, advisory))
        .map(object),
    ].filter((stage) => stage.length > 0),
    connections: { admission: { engine: "kubernetes" } },
  }),
});

/** The same rules by Kyverno, for who has more of its kind. */
export const kyverno = defineAddon({
  type: "bedplate:admission:Kyverno",
  provides: ["admission"],
  options: options(ruleOptions),
  plan: ({ advisory }, { production }) => ({
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
      withParameters(false).map((policy) =>
        object(
          custom(
            "ValidatingPolicy",
            { name: policy.metadata.name },
            {
              ...policy.spec,
              validationActions: actionsFor(policy, advisory),
              matchConstraints: { ...policy.spec.matchConstraints, namespaceSelector: teams },
            },
          ),
        ),
      ),
    ],
    connections: { admission: { engine: "kyverno" } },
  }),
});
