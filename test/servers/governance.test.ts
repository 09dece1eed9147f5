import { expect, test } from "vitest";
import { verifyOneChampion } from "../verify/r2-one-champion.ts";
import { verifyAuditEdits } from "../verify/s6-audit-edits.ts";

const onPostgres = { seed: 11, full: false, fault: false, database: "postgres" } as const;

test("R2 on a real PostgreSQL: many clients over many connections, and always exactly one champion", async () => {
  expect(await verifyOneChampion(onPostgres)).toMatchObject({ pass: true, figure: 0, problems: [] });
  expect(await verifyOneChampion({ ...onPostgres, fault: true })).toMatchObject({ pass: false });
});

test("S6 on a real PostgreSQL: edits of the audit log are found", async () => {
  expect(await verifyAuditEdits(onPostgres)).toMatchObject({ pass: true, figure: 0, problems: [] });
});
