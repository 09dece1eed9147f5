import { isFalse, isUnknown, numberOf, quote } from "../../lib/plain-data.ts";
import { defineRule } from "../../lib/rule.ts";
import { isProduction, type ServiceSettings, serviceSettings } from "../../lib/service-settings.ts";

const approvals = "BEDPLATE_GOVERNANCE_APPROVALS";
const apart = "BEDPLATE_GOVERNANCE_FOUR_EYES";

function judge(settings: ServiceSettings): string[] {
  const { [approvals]: wanted, [apart]: eyes } = settings;
  return [
    ...(isUnknown(wanted) || numberOf(wanted) >= 1
      ? []
      : [`${approvals} is ${quote(wanted)}: set it to 1 or more`]),
    ...(isFalse(eyes) ? [`${apart} is ${quote(eyes)}: set it to true`] : []),
  ];
}

export const fourEyes = defineRule(import.meta.url, {
  description: "In production no model is served that only its maker has looked at.",
  severity: "high",
  controls: ["SOC 2 CC8.1"],
  remediation: "Ask for one approval or more, and do not count the one of who registered the version.",
  violations: (resource) => serviceSettings(resource).filter(isProduction).flatMap(judge),
});
