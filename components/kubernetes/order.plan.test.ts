import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { orderUnits, type Unit } from "./order.plan.ts";

/** Units each of which needs only such as stand before it, handed over in any order. */
const acyclic = fc
  .array(fc.array(fc.nat(), { maxLength: 4 }), { minLength: 1, maxLength: 20 })
  .map((needs) =>
    needs.map((picks, index): Unit => {
      const before = index === 0 ? [] : [...new Set(picks.map((pick) => `c${pick % index}`))];
      return {
        name: `u${index}`,
        provides: [`c${index}`],
        requires: before.slice(0, 2),
        after: before.slice(2),
      };
    }),
  )
  .chain((units) => fc.shuffledSubarray(units, { minLength: units.length }));

describe("the order of add-ons", () => {
  test("each comes after those that it builds on, however they are listed", () => {
    fc.assert(
      fc.property(acyclic, (units) => {
        const { order, problems } = orderUnits(units);
        expect(problems).toEqual([]);
        expect([...order].sort()).toEqual(units.map(({ name }) => name).sort());
        for (const { name, requires, after } of units)
          for (const capability of [...requires, ...after])
            expect(order.indexOf(`u${capability.slice(1)}`)).toBeLessThan(order.indexOf(name));
      }),
    );
  });

  test("it does not depend on the order of listing", () => {
    fc.assert(
      fc.property(acyclic, (units) => {
        expect(orderUnits([...units].reverse()).order).toEqual(orderUnits(units).order);
      }),
    );
  });

  const unit = (name: string, provides: string[], requires: string[] = [], after: string[] = []): Unit => ({
    name,
    provides,
    requires,
    after,
  });

  test("a circle is named", () => {
    const { order, problems } = orderUnits([
      unit("a", ["x"], ["y"]),
      unit("b", ["y"], ["x"]),
      unit("c", ["z"]),
    ]);
    expect(order).toEqual([]);
    expect(problems).toEqual([{ kind: "cycle", units: ["a", "b"] }]);
  });

  test("what nobody provides, and what two provide, is named, all at once", () => {
    const { problems } = orderUnits([unit("a", ["x"], ["y", "z"]), unit("b", ["x"])]);
    expect(problems).toEqual([
      { kind: "two-providers", capability: "x", units: ["a", "b"] },
      { kind: "missing", unit: "a", capability: "y" },
      { kind: "missing", unit: "a", capability: "z" },
    ]);
  });

  test("what comes first only where it is there may be absent", () => {
    expect(orderUnits([unit("a", ["x"], [], ["y"])]).order).toEqual(["a"]);
  });
});
