import { expect, test } from "vitest";
import { verifyOneChampion } from "./r2-one-champion.ts";
import { verifyAuditEdits } from "./s6-audit-edits.ts";

const brief = { seed: 7, full: false, fault: false, database: "pglite" } as const;

test("R2: readers see exactly one champion while many clients move it, and the harness sees when they do not", async () => {
  expect(await verifyOneChampion(brief)).toMatchObject({ pass: true, figure: 0, problems: [] });
  expect(await verifyOneChampion({ ...brief, fault: true })).toMatchObject({ pass: false });
});

test("S6: edits of the audit log are found where they are, and the harness sees when they are not", async () => {
  expect(await verifyAuditEdits(brief)).toMatchObject({ pass: true, figure: 0, problems: [] });
  expect(await verifyAuditEdits({ ...brief, fault: true })).toMatchObject({ pass: false });
});
