import type { PolicySettings } from "@bedplate/contract";
import { exempt, todayInUtc } from "@bedplate/policies/lib/exemption.ts";
import type { ResourceView, Rule, StackRule } from "@bedplate/policies/lib/rule.ts";
import type { Finding } from "./formats.plan.ts";
import type { Subject } from "./subject.ts";

interface RuleSettings {
  readonly level: Finding["level"];
  readonly leave: (messages: readonly string[], view: ResourceView) => readonly string[];
}

/** How a rule is applied; null where it is switched off. What a rule would mend at an update is as bad here as any. */
function settingsOf(id: string, settings: PolicySettings, today: string): RuleSettings | null {
  const level = settings.rules[id] ?? settings.all;
  if (level === "disabled") return null;
  const exemptions = settings.exemptions.filter(({ rule }) => rule === id);
  return {
    level: level === "advisory" ? "advisory" : "mandatory",
    leave: (messages, view) => exempt(messages, view, exemptions, today),
  };
}

/** Judges resources by rules, in the order of both, with the levels, exemptions and parameters of the settings. */
export function judge(
  subjects: readonly Subject[],
  rules: readonly Rule[],
  settings: PolicySettings,
): readonly Finding[] {
  const today = todayInUtc();
  const judges = rules.flatMap((rule) => {
    const own = settingsOf(rule.id, settings, today);
    return own === null ? [] : [{ rule, ...own }];
  });
  return subjects.flatMap(({ file, name, view }) =>
    judges.flatMap(({ rule, level, leave }) =>
      leave(rule.violations(view, settings.parameters), view).map((message) => ({
        file,
        resource: name,
        rule: rule.id,
        level,
        message,
      })),
    ),
  );
}

/** Judges all resources together by rules about whole stacks. */
export function judgeTogether(
  subjects: readonly Subject[],
  rules: readonly StackRule[],
  settings: PolicySettings,
): readonly Finding[] {
  const today = todayInUtc();
  const places = new Map(subjects.map(({ file, name, view }) => [view, { file, resource: name }]));
  const views = subjects.map(({ view }) => view);
  return rules.flatMap((rule) => {
    const own = settingsOf(rule.id, settings, today);
    if (own === null) return [];
    return rule.stackViolations(views, settings.parameters).flatMap(({ resource, message }) => {
      const place = places.get(resource);
      if (place === undefined) return [];
      return own
        .leave([message], resource)
        .map((left) => ({ ...place, rule: rule.id, level: own.level, message: left }));
    });
  });
}
