import { describe, expect, test } from "vitest";
import { rules, stackRules } from "../rules/index.ts";
import { mendedBy, saidBy, saidByStack } from "./judged.ts";

describe.each(rules.map((rule) => [rule.id, rule] as const))("%s", (_id, rule) => {
  test("says this", () => {
    expect(saidBy(rule)).toMatchSnapshot();
    if (rule.edits !== undefined) expect(mendedBy(rule)).toMatchSnapshot();
  });
});

describe.each(stackRules.map((rule) => [rule.id, rule] as const))("%s", (_id, rule) => {
  test("says this", () => expect(saidByStack(rule)).toMatchSnapshot());
});
