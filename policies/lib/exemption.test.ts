import fc from "fast-check";
import { expect, test } from "vitest";
import { exempt, readExemptions } from "./exemption.ts";
import { resource } from "./rule-cases.ts";

const view = resource({}, { urn: "urn:pulumi:dev::shop::kubernetes:apps/v1:Deployment::web.1" });
const broken = ["it is broken"];
const until = (expires: string, pattern = "web.1") => [{ resource: pattern, owner: "ops", expires }];

test("an exemption holds on its last day, and afterwards the violation says whose it was", () => {
  expect(exempt(broken, view, until("2027-01-31"), "2027-01-31")).toEqual([]);
  expect(exempt(broken, view, until("2027-01-31"), "2027-02-01")).toEqual([
    "it is broken (the exemption that ops answers for expired on 2027-01-31)",
  ]);
  expect(exempt([], view, until("2027-01-31"), "2028-01-01")).toEqual([]);
});

test.each([
  ["web.1", true],
  ["web*", true],
  ["*", true],
  ["urn:pulumi:dev::*::web.1", true],
  ["webx1", false],
  ["web", false],
  ["", false],
  ["(web.1", false],
])("the pattern %s fits: %s", (pattern, holds) => {
  expect(exempt(broken, view, until("2027-01-31", pattern), "2027-01-01")).toEqual(holds ? [] : broken);
});

test("one that holds covers for one that has expired", () => {
  expect(exempt(broken, view, [...until("2020-01-01"), ...until("2027-01-31")], "2027-01-01")).toEqual([]);
});

test("whatever the config holds is read without a fault", () => {
  fc.assert(
    fc.property(fc.anything(), (given) => {
      for (const { resource: pattern } of readExemptions(given)) expect(typeof pattern).toBe("string");
    }),
  );
});
