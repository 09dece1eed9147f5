import { expect, test } from "vitest";
import { countChanged, isForPeople, readChanges, readSteps } from "./engine-output.ts";

test("stack frames are left out, coloured or not", () => {
  expect(isForPeople("        at \u001b[90mfile:///srv/stacks/\u001b[39mmain.ts:5:25")).toBe(false);
  expect(
    isForPeople("    \u001b[90m    at Module.load (node:internal/modules/cjs/loader:1651:32)\u001b[39m"),
  ).toBe(false);
  expect(isForPeople("    at async run (/srv/x.js:1:2)")).toBe(false);
});

test("diagnostics and prose are shown", () => {
  expect(isForPeople("    error: the port 80 is in use at 127.0.0.1")).toBe(true);
  expect(isForPeople("  look at the log")).toBe(true);
  expect(isForPeople("        - [mandatory]  no-bad  (pulumi-nodejs:dynamic:Resource: r)")).toBe(true);
});

test("steps that only look or only begin are left out, those that ended or say something are shown", () => {
  expect(isForPeople(" ~  bedplate:sql:EmbeddedSql sql refreshing (0s) ")).toBe(false);
  expect(isForPeople("    bedplate:sql:EmbeddedSql sql  ")).toBe(false);
  expect(isForPeople(" +  bedplate:sql:EmbeddedSql sql creating (0s) ")).toBe(false);
  expect(isForPeople(" +  bedplate:sql:EmbeddedSql sql created (0.1s) ")).toBe(true);
  expect(isForPeople(" +  bedplate:sql:EmbeddedSql sql creating (0s) error: no room")).toBe(true);
});

test("changes come from the summary of the update, not of the preview", () => {
  const line = (isPreview: boolean, resourceChanges: object) =>
    JSON.stringify({ sequence: 1, summaryEvent: { isPreview, resourceChanges } });
  const log = ["{}", line(true, { create: 9 }), line(false, { create: 2, same: 5 }), ""].join("\n");
  expect(readChanges(log)).toEqual({ create: 2, same: 5 });
  expect(countChanged({ create: 2, same: 5, read: 1 })).toBe(2);
  expect(readChanges(line(true, { same: 1 }))).toBeUndefined();
});

test("a preview tells its own changes, and what it would do to each resource that does not stay", () => {
  const pre = (op: string, name: string) =>
    JSON.stringify({
      resourcePreEvent: {
        metadata: { op, type: "t:m:T", urn: `urn:pulumi:s::p::t:m:T::${name}`, old: { inputs: {} } },
        planning: true,
      },
    });
  const summary = JSON.stringify({
    summaryEvent: { isPreview: true, resourceChanges: { create: 1, same: 1 } },
  });
  const log = ["{}", pre("same", "a"), pre("read", "a"), pre("create", "b::c"), summary].join("\n");
  expect(readChanges(log, "preview")).toEqual({ create: 1, same: 1 });
  expect(readSteps(log)).toEqual([
    { op: "create", type: "t:m:T", name: "b::c", urn: "urn:pulumi:s::p::t:m:T::b::c" },
  ]);
});

test("a provider that the engine makes for itself is no step, as it is in no count", () => {
  const pre = (name: string) => {
    const type = "pulumi:providers:kubernetes";
    const metadata = { op: "create", type, urn: `urn:pulumi:s::p::${type}::${name}` };
    return JSON.stringify({ resourcePreEvent: { metadata } });
  };
  const log = ["default", "default_4_34_2", "cluster"].map(pre).join("\n");
  expect(readSteps(log).map(({ name }) => name)).toEqual(["cluster"]);
});
