import { expect, test } from "vitest";
import { rules } from "../rules/index.ts";
import { applyEdits } from "./edit.ts";
import { workloads } from "./rule-cases.ts";

const image = `registry.example/app@sha256:${"0".repeat(64)}`;
const mending = rules.flatMap(({ id, violations, edits }) =>
  edits === undefined ? [] : [{ id, violations, edits }],
);

test.each(mending)(
  "what $id mends is mended, in every kind, and nothing else is touched",
  ({ violations, edits }) => {
    for (const make of Object.values(workloads)) {
      const bad = make({
        containers: [
          { name: "a", image },
          { name: "b", image, securityContext: { readOnlyRootFilesystem: true } },
        ],
        initContainers: [{ name: "c", image }],
      });
      expect(violations(bad)).not.toEqual([]);
      const properties = structuredClone(bad.properties) as Record<string, unknown>;
      applyEdits(properties, edits(bad));
      expect(violations({ ...bad, properties })).toEqual([]);
      expect(JSON.stringify(properties)).toContain('"readOnlyRootFilesystem":true');
      expect(edits({ ...bad, properties })).toEqual([]);
    }
  },
);

test("what is missing on the way is made", () => {
  const properties = { list: [{ a: 1 }] };
  applyEdits(properties, [
    { path: "list[0].b.c", value: 2 },
    { path: "d", value: { e: 3 } },
  ]);
  expect(properties).toEqual({ list: [{ a: 1, b: { c: 2 } }], d: { e: 3 } });
});
