import fc from "fast-check";
import { expect, test } from "vitest";
import { formats } from "./formats.plan.ts";

const rule = (id: string) => ({
  id,
  description: "It is so.",
  severity: "high",
  controls: ["PSS baseline"],
  remediation: "Do it.",
});
const rules = ["a-one", "b-two"].map(rule);
const text = fc.string({ unit: "binary", maxLength: 20 });
const report = fc.record({
  findings: fc.array(
    fc.record({
      file: text,
      resource: text,
      rule: fc.constantFrom("a-one", "b-two"),
      level: fc.constant("mandatory" as const),
      message: text,
    }),
  ),
  rules: fc.constant(rules),
  resources: fc.nat(),
  version: fc.constant("0.1.0"),
});

/** https://www.w3.org/TR/xml/#charsets */
function isXml(character: string): boolean {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20) return ["\t", "\n", "\r"].includes(character);
  return code < 0xd800 || (code > 0xdfff && code !== 0xfffe && code !== 0xffff);
}

test("JSON and SARIF are JSON whatever the manifests hold, with every finding in order", () => {
  fc.assert(
    fc.property(report, (given) => {
      expect(JSON.parse(formats.json(given))).toEqual(given.findings);
      const [run] = JSON.parse(formats.sarif(given)).runs;
      expect(run.results.map((one: { ruleId: string }) => one.ruleId)).toEqual(
        given.findings.map((one) => one.rule),
      );
      for (const { ruleId, ruleIndex } of run.results)
        expect(run.tool.driver.rules[ruleIndex].id).toBe(ruleId);
    }),
  );
});

test("JUnit is well-formed XML whatever the manifests hold, with a case for each rule", () => {
  fc.assert(
    fc.property(report, (given) => {
      const written = formats.junit(given);
      expect(written).not.toMatch(/&(?!(amp|lt|gt|quot);)/);
      expect([...written].every(isXml)).toBe(true);
      const tags = written.match(/<[^>]*>/g) ?? [];
      const opened = tags.filter((tag) => /^<[a-z][^>]*[^/]>$/.test(tag)).length;
      expect(tags.filter((tag) => tag.startsWith("</")).length).toBe(opened);
      expect(written.match(/<testcase /g)).toHaveLength(2);
      expect(written.match(/<failure /g) ?? []).toHaveLength(
        new Set(given.findings.map((one) => one.rule)).size,
      );
    }),
  );
});

test("text groups what is found by object and ends with the counts", () => {
  const finding = {
    file: "f",
    resource: "Pod p",
    rule: "a-one",
    level: "mandatory",
    message: "is so",
  } as const;
  expect(formats.text({ findings: [finding], rules, resources: 1, version: "" })).toBe(
    "f: Pod p\n  a-one: is so\n1 resource, 2 rules: 1 violation",
  );
});
