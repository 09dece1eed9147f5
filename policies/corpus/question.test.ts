import { describe, expect, test } from "vitest";
import { rules, stackRules } from "../rules/index.ts";
import { questions } from "./question.ts";
import { stackQuestions } from "./stack-question.ts";

describe.each(rules.map((rule) => [rule.id, rule] as const))("%s", (_id, rule) => {
  test.each(questions)("$what", ({ faults }) => expect(faults(rule)).toEqual([]));
});

describe.each(stackRules.map((rule) => [rule.id, rule] as const))("%s", (_id, rule) => {
  test.each(stackQuestions)("$what", ({ faults }) => expect(faults(rule)).toEqual([]));
});
