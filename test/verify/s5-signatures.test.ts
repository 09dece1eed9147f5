import { expect, test } from "vitest";
import { verifySignatures } from "./s5-signatures.ts";

const brief = { seed: 7, full: false, fault: false, database: "pglite" } as const;

test("S5: a model that was changed in one thing is refused, and the harness sees when it is not", async () => {
  expect(await verifySignatures(brief)).toMatchObject({ pass: true, figure: 0, problems: [] });
  expect(await verifySignatures({ ...brief, fault: true })).toMatchObject({ pass: false });
});
