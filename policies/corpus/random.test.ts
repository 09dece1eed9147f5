import fc from "fast-check";
import { expect, test } from "vitest";
import { rules } from "../rules/index.ts";
import { corpusParameters } from "./cloud-kinds.ts";
import { insecure, secure } from "./random.ts";

const twins = rules.filter(({ admission }) => admission !== undefined);

// `npm run -s verify -- S7 --full` draws thousands.
test("one insecure change of something good is caught, whichever it is and whatever is around it", () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(insecure, ({ rule, what, view }) => {
      seen.add(rule);
      const [own] = twins.filter(({ id }) => id === rule);
      expect(own?.violations(view, corpusParameters), what).not.toEqual([]);
    }),
    { numRuns: 500 },
  );
  expect(seen.size).toBeGreaterThan(twins.length / 2);
});

test("what is good is accepted by every rule, whatever harmless it has", () => {
  fc.assert(
    fc.property(secure, (view) => {
      expect(twins.flatMap(({ violations }) => violations(view, corpusParameters))).toEqual([]);
    }),
    { numRuns: 200 },
  );
});
