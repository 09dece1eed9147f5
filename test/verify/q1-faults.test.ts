import { expect, test } from "vitest";
import type { Harness } from "./harness.ts";
import { verifyFaults } from "./q1-faults.ts";

const saying =
  (pass: boolean): Harness =>
  async ({ fault, full }) => {
    expect([fault, full]).toEqual([true, false]);
    return { pass, figure: 0, unit: "", goal: "", details: {}, problems: [] };
  };
const options = { seed: 1, full: true, fault: false, database: "pglite" } as const;

test("Q1: harnesses that see their faults pass; one that does not, or that fails otherwise, is named", async () => {
  expect(await verifyFaults({ A: saying(false), B: saying(false) })(options)).toMatchObject({
    pass: true,
    figure: 2,
  });
  const broken: Harness = async () => {
    throw new Error("no server\nat line 1");
  };
  expect(await verifyFaults({ A: saying(false), B: saying(true), C: broken })(options)).toMatchObject({
    pass: false,
    figure: 1,
    problems: ["B: green", "C: failed: Error: no server"],
  });
});
