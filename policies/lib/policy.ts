import type {
  PolicyConfigSchema,
  PolicyResource,
  ResourceValidationArgs,
  ResourceValidationPolicy,
  StackValidationPolicy,
} from "@pulumi/policy";
import { applyEdits } from "./edit.ts";
import { exempt, readExemptions, todayInUtc } from "./exemption.ts";
import { readParameters } from "./parameters.ts";
import { plainData } from "./plain-data.ts";
import type { ResourceView, Rule, StackRule } from "./rule.ts";

/** The level of a rule is the engine's own setting; these are ours. */
interface RuleConfig {
  readonly exemptions?: unknown;
  readonly parameters?: unknown;
}

const configSchema: PolicyConfigSchema = {
  properties: {
    exemptions: { type: "array", items: { type: "object" } },
    parameters: { type: "object" },
  },
};

function viewOf({ type, urn, props, provider }: ResourceValidationArgs | PolicyResource): ResourceView {
  return { type, urn, custom: provider !== undefined, properties: plainData(props) };
}

/** More resources than the engine shows at once. */
const roundLimit = 256;

/** Gives a rule its view of a resource. */
export type ShareView = (rule: string, args: ResourceValidationArgs) => ResourceView;

/**
 * Copies a resource once for all rules: the SDK hands every rule an object of its own, and reading one through its
 * proxies costs more than all rules do together. A rule that asks a second time is in a new round, and the resource
 * may have changed.
 */
export function shareViews(): ShareView {
  const rounds = new Map<string, { readonly view: ResourceView; readonly asked: Set<string> }>();
  return (rule, args) => {
    const round = rounds.get(args.urn);
    if (round !== undefined && !round.asked.has(rule)) {
      round.asked.add(rule);
      return round.view;
    }
    const view = viewOf(args);
    rounds.delete(args.urn);
    rounds.set(args.urn, { view, asked: new Set([rule]) });
    const [oldest] = rounds.keys();
    if (rounds.size > roundLimit && oldest !== undefined) rounds.delete(oldest);
    return view;
  };
}

/** A rule as the engine's SDK wants it; its level, exemptions and parameters come from the pack's config. */
export function policyOf(rule: Rule, share: ShareView): ResourceValidationPolicy {
  const { edits } = rule;
  return {
    name: rule.id,
    description: rule.description,
    configSchema,
    validateResource: (args, reportViolation) => {
      const view = share(rule.id, args);
      const { exemptions, parameters } = args.getConfig<RuleConfig>();
      const violations = rule.violations(view, readParameters(parameters));
      if (violations.length === 0) return;
      const left = exempt(violations, view, readExemptions(exemptions), todayInUtc());
      for (const violation of left) reportViolation(violation);
    },
    ...(edits !== undefined && {
      remediateResource: (args) => {
        const view = viewOf(args);
        const { exemptions } = args.getConfig<RuleConfig>();
        const wanted = edits(view);
        const left = exempt(["broken"], view, readExemptions(exemptions), todayInUtc());
        if (wanted.length === 0 || left.length === 0) return undefined;
        applyEdits(args.props, wanted);
        return args.props;
      },
    }),
  };
}

/** A rule about the whole stack as the engine's SDK wants it. */
export function stackPolicyOf(rule: StackRule): StackValidationPolicy {
  return {
    name: rule.id,
    description: rule.description,
    configSchema,
    validateStack: (args, reportViolation) => {
      const { exemptions, parameters } = args.getConfig<RuleConfig>();
      const own = readExemptions(exemptions);
      for (const { resource, message } of rule.stackViolations(
        args.resources.map(viewOf),
        readParameters(parameters),
      )) {
        for (const left of exempt([message], resource, own, todayInUtc()))
          reportViolation(left, resource.urn);
      }
    },
  };
}
