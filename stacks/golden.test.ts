import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { compactYaml, goldenChanges, goldenOf, readGolden } from "../test/golden/golden-file.ts";
import { goldenPath } from "../test/golden/golden-path.ts";
import { recordReference, referenceStacks } from "../test/golden/reference-stacks.ts";
import type { RecordedResource } from "../test/support/recorded-program.ts";
import { readRelease } from "../test/verify/release-state.ts";
import { graphProblems } from "../test/verify/upgrade-graph.ts";

describe.each(referenceStacks)("the reference stack %s", (stack) => {
  let resources: readonly RecordedResource[];
  beforeAll(async () => {
    resources = await recordReference(stack);
  });

  test("registers what its golden file says; `npm run golden` takes a change over", () => {
    const golden = readGolden(readFileSync(goldenPath(stack), "utf8"));
    // Through the text, as the file was: what YAML cannot tell apart is no change.
    const now = readGolden(compactYaml(goldenOf(resources), ""));
    expect(goldenChanges(golden, now).join("\n")).toBe("");
  });

  test("ends nothing that an earlier release's data is in", () => {
    expect(graphProblems(readRelease(stack).resources, resources)).toEqual([]);
  });
});

describe("what changed is said", () => {
  const golden = (components: Parameters<typeof goldenChanges>[0]["components"]) => ({
    labels: {},
    components,
  });
  const before = golden({
    c: { "T a": { protect: true, inputs: { x: { y: [1, 2] } } }, "T b": { inputs: {} } },
  });

  test("resource by resource and path by path", () => {
    const after = golden({ c: { "T a": { inputs: { x: { y: [1, 3] } } }, "T c": { inputs: {} } } });
    expect(goldenChanges(before, after)).toEqual([
      "~ T a (c)",
      "    inputs.x.y.1: 2 -> 3",
      "    protect: true -> (nothing)",
      "- T b (c)",
      "+ T c (c)",
    ]);
  });

  test("the order of keys is no change", () => {
    const turned = golden({
      c: { "T b": { inputs: {} }, "T a": { inputs: { x: { y: [1, 2] } }, protect: true } },
    });
    expect(goldenChanges(before, turned)).toEqual([]);
  });
});

describe("an upgrade", () => {
  const cluster: RecordedResource = {
    urn: "urn:pulumi:s::p::kubernetes:postgresql.cnpg.io/v1:Cluster::db",
    type: "kubernetes:postgresql.cnpg.io/v1:Cluster",
    name: "db",
    custom: true,
    parent: "",
    protect: true,
    retainOnDelete: true,
    provider: "",
    aliases: [],
    inputs: { metadata: { name: "db", namespace: "sql" }, spec: { instances: 1 } },
  };
  const renamed = { ...cluster, urn: `${cluster.urn}-2`, name: "db-2" };

  test.each<[string, readonly RecordedResource[], RegExp | undefined]>([
    [
      "that grows it in place",
      [{ ...cluster, inputs: { ...cluster.inputs, spec: { instances: 3 } } }],
      undefined,
    ],
    ["that renames it with an alias", [{ ...renamed, aliases: [cluster.urn] }], undefined],
    ["that renames it without one", [renamed], /db would be deleted/],
    [
      "that moves it",
      [{ ...cluster, inputs: { metadata: { name: "db", namespace: "data" } } }],
      /db would be replaced: metadata.namespace/,
    ],
    ["that no longer protects it", [{ ...cluster, protect: false }], /db loses its protection/],
  ])("%s", (_what, after, problem) => {
    const found = graphProblems([cluster], after);
    if (problem === undefined) expect(found).toEqual([]);
    else expect(found).toEqual([expect.stringMatching(problem)]);
  });
});
