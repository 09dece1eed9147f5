import { expect, test } from "vitest";
import { verifyPolicies } from "./s7-policies.ts";

const brief = { seed: 1, full: false, fault: false, database: "pglite" } as const;

test("S7: every mutation of the corpus gets the right verdict, and the harness sees when a check is missing", async () => {
  expect(await verifyPolicies(brief)).toMatchObject({ pass: true, figure: 0 });
  expect(await verifyPolicies({ ...brief, fault: true })).toMatchObject({ pass: false });
});
