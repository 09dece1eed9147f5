import type { PolicyLevel, PolicySettings } from "@bedplate/contract";
import { exempt, todayInUtc } from "@bedplate/policies/lib/exemption.ts";
import type { Rule } from "@bedplate/policies/lib/rule.ts";
import type { Subject } from "./subject.ts";

/** One place that breaks one rule. */
export interface Finding {
  readonly file: string;
  readonly resource: string;
  readonly rule: string;
  readonly level: Exclude<PolicyLevel, "disabled">;
  readonly message: string;
}

/** Judges resources by rules, in the order of both, with the levels and exemptions of the settings. */
export function judge(
  subjects: readonly Subject[],
  rules: readonly Rule[],
  settings: PolicySettings,
): readonly Finding[] {
  const today = todayInUtc();
  return subjects.flatMap(({ file, name, view }) =>
    rules.flatMap((rule) => {
      const level = settings.rules[rule.id] ?? settings.all;
      if (level === "disabled") return [];
      const own = settings.exemptions.filter((exemption) => exemption.rule === rule.id);
      return exempt(rule.violations(view), view, own, today).map((message) => ({
        file,
        resource: name,
        rule: rule.id,
        level,
        message,
      }));
    }),
  );
}
