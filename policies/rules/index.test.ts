import { globSync } from "node:fs";
import { basename, dirname } from "node:path";
import { expect, test } from "vitest";
import { rules } from "./index.ts";

test("every file of a rule is in the pack, under the name of its place", () => {
  const files = globSync("*/*.ts", { cwd: import.meta.dirname }).filter((file) => !file.endsWith(".test.ts"));
  const expected = files.map((file) => `${dirname(file)}-${basename(file, ".ts")}`);
  expect(rules.map((rule) => rule.id).sort()).toEqual(expected.sort());
});

test("every rule says in a sentence what it asks for", () => {
  for (const rule of rules) expect(rule.description).toMatch(/^[A-Z].{30,}\.$/);
});
