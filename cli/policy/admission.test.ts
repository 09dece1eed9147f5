import { policySettings } from "@bedplate/contract";
import { fieldsOf } from "@bedplate/policies/lib/plain-data.ts";
import { rules } from "@bedplate/policies/rules/index.ts";
import { expect, test } from "vitest";
import { admissionManifests } from "./admission.ts";
import { manifestSubject } from "./subject.ts";

const some = rules.filter(({ id }) =>
  ["pss-baseline-privileged", "kubernetes-probes", "kubernetes-image-registry", "cloud-tags"].includes(id),
);
const nameOf = ({ kind, metadata }: Readonly<Record<string, unknown>>) =>
  `${kind} ${fieldsOf(metadata).name}`;
const manifests = (settings: object, except: readonly string[] = []) =>
  admissionManifests(some, policySettings.parse(settings), except);

test("each rule that the API server can be asked about is a policy and a binding that denies", () => {
  const made = manifests({}, ["kube-system"]);
  expect(made.map(nameOf)).toEqual([
    "ValidatingAdmissionPolicy bedplate-kubernetes-probes",
    "ValidatingAdmissionPolicyBinding bedplate-kubernetes-probes",
    "ValidatingAdmissionPolicy bedplate-pss-baseline-privileged",
    "ValidatingAdmissionPolicyBinding bedplate-pss-baseline-privileged",
  ]);
  expect(made[1]?.spec).toEqual({
    policyName: "bedplate-kubernetes-probes",
    validationActions: ["Deny"],
    matchResources: {
      namespaceSelector: {
        matchExpressions: [
          { key: "kubernetes.io/metadata.name", operator: "NotIn", values: ["kube-system"] },
        ],
      },
    },
  });
});

test("a rule that is advisory warns, one that is switched off is not there", () => {
  const made = manifests({
    rules: { "kubernetes-probes": "advisory", "pss-baseline-privileged": "disabled" },
  });
  expect(made).toHaveLength(2);
  expect(made[1]?.spec).toMatchObject({ validationActions: ["Warn", "Audit"] });
});

test("what is allowed comes as a parameter, in a namespace that keeps to the rules itself", () => {
  const made = manifests({ parameters: { allowedRegistries: ["ghcr.io/acme", "docker.io/acme"] } });
  const [namespace, policy, parameters] = made;
  expect([namespace, policy, parameters].map((one) => one && nameOf(one))).toEqual([
    "Namespace bedplate-policies",
    "NetworkPolicy default-deny",
    "ConfigMap policies",
  ]);
  expect(parameters?.data).toEqual({ allowedRegistries: "ghcr.io/acme,docker.io/acme" });
  const bound = made.find(
    (one) => nameOf(one) === "ValidatingAdmissionPolicyBinding bedplate-kubernetes-image-registry",
  );
  expect(bound?.spec).toMatchObject({ paramRef: { name: "policies", namespace: "bedplate-policies" } });
  const views = made.flatMap((one) => manifestSubject("", one)?.view ?? []);
  expect(rules.flatMap(({ violations }) => views.flatMap((view) => violations(view)))).toEqual([]);
});
