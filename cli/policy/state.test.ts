import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { policySettings } from "@bedplate/contract";
import { rules } from "@bedplate/policies/rules/index.ts";
import { afterEach, beforeEach, expect, test } from "vitest";
import { judge } from "./judge.ts";
import { readState } from "./state.ts";

const baseline = rules.filter(({ group }) => group === "pss-baseline");
let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "bedplate-state-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const type = "kubernetes:core/v1:Pod";
const secret = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", ciphertext: "v1:x" };
const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const pod = (name: string, spec: object) => ({
  urn: `urn:pulumi:s::p::${type}::${name}`,
  type,
  custom: true,
  inputs: { spec },
});
const resources = [
  { urn: "urn:pulumi:s::p::pulumi:pulumi:Stack::p-s", type: "pulumi:pulumi:Stack" },
  pod("open", { hostIPC: true }),
  pod("secret", { containers: secret, hostPID: unknown }),
];

test.each([
  ["an exported stack", { version: 3, deployment: { resources } }],
  ["a state of the file backend", { checkpoint: { latest: { resources } } }],
  ["a preview", { steps: resources.map((newState) => ({ op: "create", newState })) }],
])("%s is judged; what is secret or not known yet is not", (_what, document) => {
  const file = join(folder, "state.json");
  writeFileSync(file, JSON.stringify(document));
  expect(readState(file)).toHaveLength(2);
  expect(judge(readState(file), baseline, policySettings.parse({}))).toEqual([
    {
      file,
      resource: `${type} open`,
      rule: "pss-baseline-host-namespaces",
      level: "mandatory",
      message: "spec.hostIPC is true: remove it",
    },
  ]);
});

test("a stack without resources has nothing to judge", () => {
  writeFileSync(join(folder, "state.json"), JSON.stringify({ deployment: { resources: null } }));
  expect(readState(join(folder, "state.json"))).toEqual([]);
});

test.each([
  ["no JSON", "{", "cannot be read as JSON"],
  ["something else", "[]", "is no state of the engine"],
])("%s is refused in a sentence", (_what, text, message) => {
  writeFileSync(join(folder, "state.json"), text);
  expect(() => readState(join(folder, "state.json"))).toThrow(message);
});
