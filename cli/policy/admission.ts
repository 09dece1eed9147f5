import type { PolicySettings } from "@bedplate/contract";
import {
  admissionBinding,
  admissionParameters,
  admissionPolicy,
  hasParameters,
  type Manifest,
} from "@bedplate/policies/lib/admission.ts";
import type { Rule } from "@bedplate/policies/lib/rule.ts";

/** What a level means to the API server; nothing where a rule is switched off. */
const actions = {
  mandatory: ["Deny"],
  remediate: ["Deny"],
  advisory: ["Warn", "Audit"],
  disabled: undefined,
} as const;

/**
 * The objects by which the API server judges as the preview does: a policy and a binding for each rule that it can be
 * asked about, and what the organisation allows. Rules that ask for that are left out where nothing is said.
 */
export function admissionManifests(
  rules: readonly Rule[],
  { all, rules: levels, parameters: { allowedRegistries } }: PolicySettings,
  exceptNamespaces: readonly string[],
): readonly Manifest[] {
  const name = "kubernetes.io/metadata.name";
  const except = { matchExpressions: [{ key: name, operator: "NotIn", values: exceptNamespaces }] };
  const matchResources = exceptNamespaces.length === 0 ? {} : { namespaceSelector: except };
  const pairs = rules.flatMap((rule) => {
    const policy = admissionPolicy(rule);
    const wanted = actions[levels[rule.id] ?? all];
    if (policy === undefined || wanted === undefined) return [];
    if (hasParameters(rule) && allowedRegistries === undefined) return [];
    return [policy, admissionBinding(rule, { actions: wanted, matchResources })];
  });
  return [...(allowedRegistries === undefined ? [] : admissionParameters(allowedRegistries)), ...pairs];
}
