import { policySettings } from "@bedplate/contract";
import { expect, test } from "vitest";
import { packConfig, unknownRules } from "./pack-config.plan.ts";

const exemption = { resource: "web", reason: "old", owner: "ops", expires: "2027-01-31" };

test("every rule is mandatory unless the stack says otherwise; an exemption leaves the level", () => {
  expect(packConfig(policySettings.parse({}))).toEqual({ all: "mandatory" });
  const given = {
    all: "advisory",
    rules: { a: "disabled", b: "mandatory" },
    exemptions: [
      { rule: "b", ...exemption },
      { rule: "c", ...exemption },
    ],
  };
  expect(packConfig(policySettings.parse(given))).toEqual({
    all: "advisory",
    a: { enforcementLevel: "disabled" },
    b: { enforcementLevel: "mandatory", exemptions: [exemption] },
    c: { enforcementLevel: "advisory", exemptions: [exemption] },
  });
});

test("rules that do not exist are all named", () => {
  const given = { rules: { a: "disabled", z: "disabled" }, exemptions: [{ rule: "y", ...exemption }] };
  expect(unknownRules(policySettings.parse(given), ["a"])).toEqual([
    expect.stringContaining('bedplate:policies.rules.z: there is no rule "z"'),
    expect.stringContaining('bedplate:policies.exemptions[0].rule: there is no rule "y"'),
  ]);
});
