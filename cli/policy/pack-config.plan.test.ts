import { policySettings } from "@bedplate/contract";
import { expect, test } from "vitest";
import { packConfig, ruleProblems } from "./pack-config.plan.ts";

const exemption = { resource: "web", reason: "old", owner: "ops", expires: "2027-01-31" };

test("every rule is mandatory unless the stack says otherwise; an exemption leaves the level", () => {
  expect(packConfig(policySettings.parse({}), ["a"])).toEqual({ all: "mandatory" });
  const given = {
    all: "advisory",
    rules: { a: "disabled", b: "mandatory" },
    exemptions: [
      { rule: "b", ...exemption },
      { rule: "c", ...exemption },
    ],
  };
  expect(packConfig(policySettings.parse(given), ["a", "d"])).toEqual({
    all: "advisory",
    a: { enforcementLevel: "disabled" },
    b: { enforcementLevel: "mandatory", exemptions: [exemption] },
    c: { enforcementLevel: "advisory", exemptions: [exemption] },
  });
});

test("rules that do not exist are all named", () => {
  const given = { rules: { a: "disabled", z: "disabled" }, exemptions: [{ rule: "y", ...exemption }] };
  expect(ruleProblems(policySettings.parse(given), ["a"], [])).toEqual([
    expect.stringContaining('bedplate:policies.rules.z: there is no rule "z"'),
    expect.stringContaining('bedplate:policies.exemptions[0].rule: there is no rule "y"'),
  ]);
});

test("what an organisation allows reaches every rule", () => {
  const parameters = { allowedRegions: ["eu-central-1"], gpusPerTeam: 8 };
  expect(packConfig(policySettings.parse({ parameters }), ["a", "b"])).toEqual({
    all: "mandatory",
    a: { enforcementLevel: "mandatory", parameters },
    b: { enforcementLevel: "mandatory", parameters },
  });
});

test("only a rule that knows how may be asked to mend", () => {
  const settings = policySettings.parse({ rules: { a: "remediate", b: "remediate" } });
  expect(ruleProblems(settings, ["a", "b"], ["a"])).toEqual([
    "bedplate:policies.rules.b: this rule cannot mend what it finds; these can: a.",
  ]);
});
