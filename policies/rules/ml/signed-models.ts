import { isTrue, isUnknown, quote } from "../../lib/plain-data.ts";
import { defineRule } from "../../lib/rule.ts";
import { isProduction, serviceSettings } from "../../lib/service-settings.ts";

const name = "BEDPLATE_SIGNING_REQUIRED";

export const signedModels = defineRule(import.meta.url, {
  description: "A production service promotes and loads only models that are signed by a key it trusts.",
  severity: "high",
  controls: ["OWASP ML06 supply chain", "OWASP ML10 model poisoning", "SLSA 1.2 verification"],
  remediation: `Set ${name} to true, and trust the keys of your pipelines.`,
  violations: (resource) =>
    serviceSettings(resource)
      .filter(isProduction)
      .map((settings) => settings[name])
      .filter((value) => !isUnknown(value) && !isTrue(value))
      .map((value) => `${name} is ${quote(value)}: set it to true`),
});
