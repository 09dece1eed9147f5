import { expect, test } from "vitest";
import { verifyChildCrash } from "../verify/r10-child-crash.ts";

const brief = { seed: 7, full: false, fault: false, database: "pglite", crashes: 2 } as const;

test("R10: killed processes cost only what ran in them, and the harness sees when they are not replaced", async () => {
  expect(await verifyChildCrash(brief)).toMatchObject({ pass: true, figure: 0, problems: [] });
  expect(await verifyChildCrash({ ...brief, fault: true })).toMatchObject({ pass: false });
});
