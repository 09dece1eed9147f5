import { acceptance } from "./cel.ts";
import type { Check } from "./check.ts";
import type { Condition } from "./condition.ts";
import type { ObjectKind } from "./object-kind.ts";
import type { AdmissionJudgement, Rule } from "./rule.ts";

/** An object of Kubernetes as plain data. */
export type Manifest = Readonly<Record<string, unknown>>;

const api = { apiVersion: "admissionregistration.k8s.io/v1" };

/** Where the API server finds what an organisation allows. */
export const parametersPlace = { name: "policies", namespace: "bedplate-policies" };

/** The nine kinds of workload keep their pod in four places; `dyn` because the kinds have different fields. */
const template = [
  "object.kind == 'Pod' ? dyn(object)",
  "object.kind == 'PodTemplate' ? dyn(object).template",
  "object.kind == 'CronJob' ? dyn(object).spec.jobTemplate.spec.template",
  "dyn(object).spec.template",
].join(" : ");
const podVariables = [
  { name: "template", expression: template },
  {
    name: "pod",
    expression:
      "{'spec': variables.template.?spec.orValue({}), 'annotations': variables.template.?metadata.?annotations.orValue({})}",
  },
];

/** A pod that was there before the policy must still be finished, labelled and moved: only what is judged counts. */
const judgedFields = {
  pod: ["spec", "template"],
  object: ["spec", "rules", "roleRef", "subjects", "metadata.labels"],
};

const changes = (subject: AdmissionJudgement["subject"]) =>
  [
    "request.operation != 'UPDATE'",
    ...judgedFields[subject].map((path) => {
      const field = path.replaceAll(/(^|\.)/g, ".?");
      return `dyn(object)${field} != dyn(oldObject)${field}`;
    }),
  ].join(" || ");

const rulesFor = (kinds: readonly ObjectKind[]) =>
  [...Map.groupBy(kinds, ({ group, version }) => `${group}/${version}`).values()].map((some) => ({
    apiGroups: [some[0]?.group],
    apiVersions: [some[0]?.version],
    operations: ["CREATE", "UPDATE"],
    resources: some.flatMap(({ resources }) => resources),
  }));

function asksParameter(condition: Condition): boolean {
  switch (condition.op) {
    case "from":
      return true;
    case "not":
      return asksParameter(condition.condition);
    case "some":
      return asksParameter(condition.where);
    case "any":
    case "every":
      return condition.conditions.some(asksParameter);
    default:
      return false;
  }
}

/** Whether the API server judges by what an organisation allows, and says nothing where it does not say. */
export const hasParameters = ({ admission }: Rule) =>
  admission?.checks.some(({ refuse }: Check) => asksParameter(refuse)) ?? false;

export const policyName = ({ id }: Pick<Rule, "id">) => `bedplate-${id}`;

/** The rule as a ValidatingAdmissionPolicy; undefined where the API server cannot be asked. */
export function admissionPolicy(rule: Rule): Manifest | undefined {
  const { admission, id, remediation, severity } = rule;
  if (admission === undefined) return undefined;
  const { subject, kinds, checks } = admission;
  return {
    ...api,
    kind: "ValidatingAdmissionPolicy",
    metadata: { name: policyName(rule), annotations: { "bedplate.dev/severity": severity } },
    spec: {
      failurePolicy: "Fail",
      ...(hasParameters(rule) && { paramKind: { apiVersion: "v1", kind: "ConfigMap" } }),
      matchConstraints: { resourceRules: rulesFor(kinds) },
      matchConditions: [
        { name: "changes-what-is-judged", expression: changes(subject) },
        // It makes its own roles at every start, also those of a newer version.
        { name: "not-by-the-api-server", expression: "request.userInfo.username != 'system:apiserver'" },
      ],
      ...(subject === "pod" && { variables: podVariables }),
      validations: checks.map((check) => ({
        expression: acceptance(check, subject === "pod" ? "variables.pod" : "object"),
        message: `${id}: ${remediation}`,
      })),
    },
  };
}

/** How the API server applies a policy: what it does about a violation, and where. */
export interface AdmissionScope {
  readonly actions: readonly ("Deny" | "Warn" | "Audit")[];
  /** As in the API; everything where it is not given. */
  readonly matchResources?: object;
}

export function admissionBinding(rule: Rule, { actions, matchResources }: AdmissionScope): Manifest {
  return {
    ...api,
    kind: "ValidatingAdmissionPolicyBinding",
    metadata: { name: policyName(rule) },
    spec: {
      policyName: policyName(rule),
      validationActions: actions,
      ...(hasParameters(rule) && { paramRef: { ...parametersPlace, parameterNotFoundAction: "Allow" } }),
      ...(matchResources !== undefined && { matchResources }),
    },
  };
}

/** What an organisation allows, for the API server, in a namespace of its own that holds nothing else. */
export function admissionParameters(allowedRegistries: readonly string[]): readonly Manifest[] {
  const { namespace } = parametersPlace;
  const enforce = "pod-security.kubernetes.io/enforce";
  const labels = { [enforce]: "restricted", [`${enforce}-version`]: "v1.37" };
  return [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace, labels } },
    {
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      metadata: { name: "default-deny", namespace },
      spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"] },
    },
    {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: parametersPlace,
      data: { allowedRegistries: allowedRegistries.join(",") },
    },
  ];
}
