import { globSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { expect, test } from "vitest";
import { ruleTexts } from "./index.ts";

test("every file of a rule is in the pack, under the name of its place", () => {
  const files = globSync("*/*.ts", { cwd: import.meta.dirname }).filter((file) => !file.endsWith(".test.ts"));
  const expected = files.map((file) => `${dirname(file)}-${basename(file, ".ts")}`);
  expect(ruleTexts.map(({ id }) => id).sort()).toEqual(expected.sort());
});

test("every rule says in a sentence what it asks for and what to do", () => {
  for (const { description, remediation, controls } of ruleTexts) {
    expect(description).toMatch(/^[A-Z].{30,}\.$/);
    expect(remediation).toMatch(/^[A-Z].{10,}\.$/);
    expect(controls).not.toEqual([]);
  }
});

test("the page of the rules is what the rules say (vitest -u writes it)", async () => {
  const rows = ruleTexts.map(
    ({ id, severity, description, remediation, controls }) =>
      `| \`${id}\` | ${severity} | ${description} | ${remediation} | ${controls.join(", ")} |`,
  );
  const page = [
    "# Rules",
    "",
    `The ${ruleTexts.length} rules of the policy pack, written from the rules themselves. All are mandatory unless a stack says otherwise. See [policies](policies.md).`,
    "",
    "| rule | severity | what it asks for | what to do | answers |",
    "|---|---|---|---|---|",
    ...rows,
    "",
  ];
  await expect(page.join("\n")).toMatchFileSnapshot(join(import.meta.dirname, "../../docs/policy-rules.md"));
});
