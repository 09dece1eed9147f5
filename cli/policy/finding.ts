import type { Rule } from "@bedplate/policies/lib/rule.ts";
import type { Subject } from "./subject.ts";

/** One place that breaks one rule. */
export interface Finding {
  readonly file: string;
  readonly resource: string;
  readonly rule: string;
  readonly level: "mandatory";
  readonly message: string;
}

/** Judges resources by rules, in the order of both. */
export function judge(subjects: readonly Subject[], rules: readonly Rule[]): readonly Finding[] {
  return subjects.flatMap(({ file, name, view }) =>
    rules.flatMap((rule) =>
      rule
        .violations(view)
        .map((message) => ({ file, resource: name, rule: rule.id, level: "mandatory" as const, message })),
    ),
  );
}
