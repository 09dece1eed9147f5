import type { ResourceValidationArgs, ResourceValidationPolicy } from "@pulumi/policy";
import { exempt, readExemptions, todayInUtc } from "./exemption.ts";
import { plainData } from "./plain-data.ts";
import type { ResourceView, Rule } from "./rule.ts";

function viewOf(args: ResourceValidationArgs): ResourceView {
  const { type, urn, props, provider } = args;
  return { type, urn, custom: provider !== undefined, properties: plainData(props) };
}

/** A rule as the engine's SDK wants it; its level and its exemptions come from the pack's config. */
export function policyOf(rule: Rule): ResourceValidationPolicy {
  return {
    name: rule.id,
    description: rule.description,
    configSchema: { properties: { exemptions: { type: "array", items: { type: "object" } } } },
    validateResource: (args, reportViolation) => {
      const view = viewOf(args);
      const { exemptions } = args.getConfig<{ exemptions?: unknown }>();
      const left = exempt(rule.violations(view), view, readExemptions(exemptions), todayInUtc());
      for (const violation of left) reportViolation(violation);
    },
  };
}
