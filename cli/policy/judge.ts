import type { PolicySettings } from "@bedplate/contract";
import { exempt, todayInUtc } from "@bedplate/policies/lib/exemption.ts";
import type { Rule } from "@bedplate/policies/lib/rule.ts";
import type { Finding } from "./formats.plan.ts";
import type { Subject } from "./subject.ts";

/** Judges resources by rules, in the order of both, with the levels and exemptions of the settings. */
export function judge(
  subjects: readonly Subject[],
  rules: readonly Rule[],
  settings: PolicySettings,
): readonly Finding[] {
  const today = todayInUtc();
  const judges = rules.flatMap((rule) => {
    const level = settings.rules[rule.id] ?? settings.all;
    const exemptions = settings.exemptions.filter((exemption) => exemption.rule === rule.id);
    return level === "disabled" ? [] : [{ rule, level, exemptions }];
  });
  return subjects.flatMap(({ file, name, view }) =>
    judges.flatMap(({ rule, level, exemptions }) =>
      exempt(rule.violations(view), view, exemptions, today).map((message) => ({
        file,
        resource: name,
        rule: rule.id,
        level,
        message,
      })),
    ),
  );
}
