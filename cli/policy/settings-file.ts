import { readFileSync } from "node:fs";
import { type PolicySettings, policySettings } from "@bedplate/contract";
import { mendingRules, ruleTexts } from "@bedplate/policies/rules/index.ts";
import { parse } from "yaml";
import { Problem, problems } from "../problem.ts";
import { ruleProblems } from "./pack-config.plan.ts";

/** Levels and exemptions from a YAML or JSON file, in the form of `bedplate:policies`. */
export function readPolicySettings(file: string): PolicySettings {
  const checked = policySettings.safeParse(parseFile(file) ?? {});
  const wrong = checked.success
    ? ruleProblems(
        checked.data,
        ruleTexts.map(({ id }) => id),
        mendingRules,
      )
    : checked.error.issues.map(({ path, message }) => `${file}: ${path.join(".") || "the file"}: ${message}`);
  if (wrong.length > 0 || !checked.success) throw problems(wrong);
  return checked.data;
}

function parseFile(file: string): unknown {
  try {
    return parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new Problem(`${file} cannot be read: ${error instanceof Error ? error.message : "no text"}`);
  }
}
