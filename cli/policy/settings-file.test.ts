import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readPolicySettings } from "./settings-file.ts";

let file = "";
beforeEach(() => {
  file = join(mkdtempSync(join(tmpdir(), "bedplate-settings-")), "policies.yaml");
});
afterEach(() => rmSync(join(file, ".."), { recursive: true }));

const read = (text: string) => {
  writeFileSync(file, text);
  return () => readPolicySettings(file);
};

test("an empty file leaves every rule mandatory", () => {
  expect(read("")()).toEqual({ all: "mandatory", rules: {}, exemptions: [], parameters: {} });
});

test.each([
  ["all: sometimes", "all: mandatory, advisory or disabled"],
  ["alll: mandatory", "alll"],
  ["rules: {nope: advisory}", 'there is no rule "nope"'],
  [
    "exemptions: [{rule: pss-baseline-privileged, resource: x, reason: y, owner: z, expires: soon}]",
    "exemptions.0.expires: a day such as 2027-01-31",
  ],
  [
    "exemptions: [{rule: pss-baseline-privileged, resource: x, owner: z, expires: 2027-01-31}]",
    "exemptions.0.reason: why",
  ],
  ["a: [", "cannot be read"],
])("%s is refused in words", (text, message) => expect(read(text)).toThrow(message));

test("a file that is not there is named", () => {
  expect(() => readPolicySettings(file)).toThrow(/policies\.yaml cannot be read/);
});
