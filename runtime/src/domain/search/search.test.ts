import fc from "fast-check";
import { expect, test } from "vitest";
import { Problem } from "../problem.ts";
import { parseFilter } from "./filter.ts";
import { tokenize } from "./tokens.ts";
import { readFilter, readOrder, type Vocabulary } from "./vocabulary.ts";

const vocabulary: Vocabulary = {
  entities: ["attribute", "metric", "param", "tag", "dataset"],
  attributes: {
    name: { column: "name", type: "text" },
    start_time: { column: "start_time", type: "number" },
  },
};

/** What a call throws, which must be a problem that its caller may read. */
function refusal(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (error instanceof Problem && error.code === "INVALID_REQUEST") return error.message;
    throw error;
  }
  throw new Error("was not refused");
}

const quote = (text: string, mark: string) => `${mark}${text.replaceAll(mark, mark + mark)}${mark}`;
const key = fc.string({ minLength: 1, unit: "grapheme" });
const space = fc.stringMatching(/^[ \t\n]{1,3}$/);

test("every comparison that is written down is read back as it was meant", () => {
  const textual = fc.record({
    entity: fc.constantFrom("params", "tags", "param", "tag"),
    key,
    operator: fc.constantFrom("=", "!=", "LIKE", "ILIKE"),
    operand: fc.record({ kind: fc.constant("text"), text: fc.string({ unit: "grapheme" }) }),
  });
  const numeric = fc.record({
    entity: fc.constantFrom("metrics", "metric"),
    key,
    operator: fc.constantFrom("=", "!=", "<", "<=", ">", ">="),
    operand: fc
      .double({ noNaN: true, noDefaultInfinity: true })
      .map((n) => ({ kind: "number", text: String(n) })),
  });
  const comparisons = fc.array(fc.oneof(textual, numeric), { minLength: 1, maxLength: 6 });
  const marks = fc.constantFrom("`", '"');
  const quotes = fc.constantFrom("'", '"');
  fc.assert(
    fc.property(comparisons, marks, quotes, space, (written, mark, textMark, gap) => {
      const text = written
        .map(({ entity, key, operator, operand }) => {
          const value = operand.kind === "text" ? quote(operand.text, textMark) : operand.text;
          return [`${entity}.${quote(key, mark)}`, operator, value].join(gap);
        })
        .join(`${gap}and${gap}`);
      expect(parseFilter(text)).toEqual(written);
    }),
  );
});

test("any text is either read or refused with a problem, in time that grows with its length", () => {
  const pieces = fc.constantFrom(
    "metrics.",
    "a",
    "`",
    "'",
    '"',
    " AND ",
    "IN",
    "(",
    ")",
    ",",
    "=",
    "1e",
    "-",
    ".",
    "NOT",
    "\\",
    "%",
    ";--",
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(pieces).map((parts) => parts.join("")),
      ),
      (text) => {
        try {
          readFilter(text, vocabulary);
          readOrder([text], vocabulary);
        } catch (error) {
          expect(error).toBeInstanceOf(Problem);
        }
      },
    ),
    { numRuns: 2_000 },
  );
  const started = Date.now();
  for (const long of [
    "(".repeat(100_000),
    "a.".repeat(50_000),
    `tags.a = '${"''".repeat(49_000)}'`,
    "1".repeat(100_000),
  ]) {
    try {
      parseFilter(long);
    } catch (error) {
      expect(error).toBeInstanceOf(Problem);
    }
  }
  expect(Date.now() - started).toBeLessThan(1_000);
  expect(refusal(() => parseFilter("a".repeat(10_000_000)))).toMatch("100000 characters");
});

test("tokens lie one behind the other and cover all that is not space", () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom("tags.a", "'x y'", "`k`", "<=", "12.5", "(", ",", "AND")),
      (parts) => {
        const tokens = tokenize(parts.join(" "));
        expect(tokens).toHaveLength(parts.length);
        for (const [at, token] of tokens.entries())
          expect(token.start).toBeGreaterThanOrEqual(tokens[at - 1]?.end ?? 0);
      },
    ),
  );
});

test("keys may be plain with dots, in backticks or in double quotes, and entities have short names", () => {
  const expected = { on: "tag", key: "mlflow.user", type: "text", operator: "=", value: "me" };
  for (const written of ["tags.mlflow.user", "tag.`mlflow.user`", 'tags."mlflow.user"']) {
    expect(readFilter(`${written} = 'me'`, vocabulary)).toEqual([expected]);
  }
  expect(readFilter("START_TIME > 5", vocabulary)).toMatchObject([
    { on: "attribute", key: "start_time", value: 5 },
  ]);
  expect(readFilter("attr.name NOT IN ('a', \"b\")", vocabulary)).toMatchObject([
    { operator: "NOT IN", value: ["a", "b"] },
  ]);
  expect(readFilter("tags.a IS NOT NULL and tags.b is null", vocabulary)).toHaveLength(2);
  expect(readFilter("  ", vocabulary)).toEqual([]);
});

test("what cannot be meant is refused with what would be allowed", () => {
  const refused = (filter: string) => refusal(() => readFilter(filter, vocabulary));
  expect(refused("metrics.a > 1 OR metrics.b > 1")).toBe(
    "Invalid clause(s) in filter string: 'OR metrics.b > 1'",
  );
  expect(refused("foo.a = 1")).toMatch("Invalid entity type 'foo'. Valid values are: attribute, metric");
  expect(refused("bogus = 1")).toMatch(
    "Invalid attribute key 'bogus' specified. Valid keys are: name, start_time",
  );
  expect(refused("__proto__ = 1")).toMatch("Invalid attribute key");
  expect(refused("metrics.a > 'x'")).toMatch("Expected numeric value type for metric");
  expect(refused("metrics.a LIKE 1")).toMatch("Invalid comparator 'LIKE' for metric 'a'");
  expect(refused("params.a = 1")).toMatch("Expected a quoted string value for param");
  expect(refused("params.a = b")).toMatch("Got value b");
  expect(refused("params.a = 'b")).toMatch("is not closed");
  expect(refused("dataset.size = '1'")).toMatch("Valid keys are: name, digest, context");
  expect(refused("start_time > 1.5")).toMatch("Expected numeric value");
  expect(refused("tags.a = 'b' AND")).toMatch("Invalid clause");
  expect(refused("tags.a IN ()")).toMatch("Invalid clause");
});

test("an order is a key with an optional direction", () => {
  expect(readOrder(["metrics.`a b` DESC", "name", "start_time asc"], vocabulary)).toEqual([
    { on: "metric", key: "a b", type: "number", descending: true },
    { on: "attribute", key: "name", type: "text", descending: false },
    { on: "attribute", key: "start_time", type: "number", descending: false },
  ]);
  expect(refusal(() => readOrder(["name; drop table runs"], vocabulary))).toMatch("Invalid clause");
  expect(refusal(() => readOrder(["name asc desc"], vocabulary))).toMatch("Invalid order_by clause");
  expect(
    refusal(() =>
      readOrder(
        Array.from({ length: 21 }, () => "name"),
        vocabulary,
      ),
    ),
  ).toMatch("20 elements");
});
