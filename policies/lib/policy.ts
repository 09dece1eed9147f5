import type { ResourceValidationArgs, ResourceValidationPolicy } from "@pulumi/policy";
import { plainData } from "./plain-data.ts";
import type { ResourceView, Rule } from "./rule.ts";

function viewOf(args: ResourceValidationArgs): ResourceView {
  const { type, urn, props, provider } = args;
  return { type, urn, custom: provider !== undefined, properties: plainData(props) };
}

/** A rule as the engine's SDK wants it. */
export function policyOf(rule: Rule): ResourceValidationPolicy {
  return {
    name: rule.id,
    description: rule.description,
    validateResource: (args, reportViolation) => {
      for (const violation of rule.violations(viewOf(args))) reportViolation(violation);
    },
  };
}
