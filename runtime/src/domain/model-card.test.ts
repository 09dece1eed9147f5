import { modelCard } from "@bedplate/contract";
import fc from "fast-check";
import { expect, test } from "vitest";
import { buildCard, type CardFacts } from "./model-card.ts";
import { writeMarkdown } from "./model-card-markdown.ts";

const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.constantFrom(
    "<script>alert(1)</script>",
    "[x](javascript:alert(1))",
    "![x](http://evil/x.png)",
    "a | b\n| --- |",
    "# heading\n- list\n1. one\n> quote\n```\ncode",
    "<img src=x onerror=alert(1)>",
    "&lt;b&gt; &#60;b",
    "\\<b>\\",
    "\u202eevil",
  ),
);
const row = fc.record({ key: text, value: text });
/** What is not a number, or infinite, is null in a card. */
const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
const metric = fc.record({ key: text, value: fc.option(finite), step: fc.nat() });
const facts: fc.Arbitrary<CardFacts> = fc.record({
  model: text,
  version: fc.integer({ min: 1 }),
  description: text,
  aliases: fc.array(text, { maxLength: 2 }),
  createdAt: fc.nat(),
  createdBy: text,
  source: text,
  sections: fc.option(
    fc.record({
      intendedUse: text,
      limitations: text,
      ethicalConsiderations: text,
      licence: text,
      owner: text,
    }),
  ),
  sectionsBy: fc.option(text),
  sectionsAt: fc.option(fc.nat()),
  run: fc.option(
    fc.record({
      id: text,
      name: text,
      user: text,
      status: text,
      startedAt: fc.nat(),
      endedAt: fc.option(fc.nat()),
      sourceName: fc.option(text),
      sourceCommit: fc.option(text),
    }),
  ),
  parameters: fc.array(row, { maxLength: 2 }),
  metrics: fc.array(metric, { maxLength: 2 }),
  datasets: fc.array(
    fc.record({ name: text, digest: text, sourceType: text, source: text, context: fc.option(text) }),
    { maxLength: 2 },
  ),
  evaluation: fc.array(
    fc.record({
      key: text,
      value: fc.option(finite),
      step: fc.nat(),
      dataset: text,
      digest: text,
    }),
    { maxLength: 2 },
  ),
  interface: fc.option(
    fc.record({
      inputs: fc.array(
        fc.record({ name: text, datatype: fc.constant("FP32" as const), shape: fc.array(fc.integer()) }),
      ),
      outputs: fc.constant([]),
    }),
  ),
  artifacts: fc.array(fc.record({ path: text, digest: text, size: fc.nat() }), { maxLength: 2 }),
  signature: fc.record({
    model: text,
    version: fc.nat(),
    state: fc.constantFrom("valid" as const, "missing" as const, "invalid" as const),
    required: fc.boolean(),
    checked: fc.constant("digests" as const),
    signatures: fc.constant([]),
  }),
  history: fc.option(
    fc.array(fc.record({ at: fc.nat(), actor: text, what: text, comment: text }), { maxLength: 2 }),
  ),
  approvals: fc.option(
    fc.array(fc.record({ at: fc.nat(), actor: text, decision: text, comment: text }), { maxLength: 2 }),
  ),
  lineage: fc.record({
    node: text,
    depth: fc.nat(),
    nodes: fc.constant([]),
    edges: fc.array(fc.record({ from: text, to: text }), { maxLength: 2 }),
    truncated: fc.boolean(),
  }),
});

test("a card fits the contract, and every part is either there or listed as missing with what to do", () => {
  fc.assert(
    fc.property(facts, (given) => {
      const card = buildCard(given);
      expect(modelCard.safeParse(card).error).toBeUndefined();
      expect(card.complete).toBe(card.missing.length === 0);
      const missing = new Set(card.missing.map(({ part }) => part));
      expect(missing.has("run")).toBe(given.run === null);
      expect(missing.has("intendedUse")).toBe((given.sections?.intendedUse.trim() ?? "") === "");
      for (const { todo } of card.missing) expect(todo).toMatch(/\w{3}/);
    }),
  );
});

test("what anybody wrote stays text: no HTML, no link, no image, and rows keep their columns", () => {
  fc.assert(
    fc.property(facts, (given) => {
      const markdown = writeMarkdown(buildCard(given));
      expect(markdown).not.toMatch(/[<>]/);
      expect(markdown).not.toMatch(/(?<!\\)(\\\\)*[[\]`]/);
      expect(markdown).not.toMatch(/&(?!(lt|gt|amp|quot);)/);
      expect(markdown).not.toMatch(/[[\p{Cc}\p{Cf}]--[\n]]/v);
      for (const table of markdown
        .trim()
        .split("\n\n")
        .filter((block) => block.startsWith("| "))) {
        const columns = table.split("\n").map((line) => line.match(/(?<!\\)(?:\\\\)*\|/g)?.length);
        expect(new Set(columns).size).toBe(1);
      }
    }),
    { numRuns: 300 },
  );
});

test("only our own headings and lists begin a line as such", () => {
  fc.assert(
    fc.property(text, (description) => {
      const base = fc.sample(facts, { numRuns: 1, seed: 7 })[0];
      if (base === undefined) throw new Error("no sample");
      const [, block = ""] = writeMarkdown(buildCard({ ...base, aliases: ["alias"], description })).split(
        "\n\n",
      );
      fc.pre(!block.startsWith("- Aliases: alias"));
      for (const line of block.split("\n")) expect(line).not.toMatch(/^ *(#|[-+=:*_>`~|]|\d+[.)])/);
    }),
  );
});
