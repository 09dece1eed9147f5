import { expect, test } from "vitest";
import { verifySupplyChain } from "./s11-supply-chain.ts";

const brief = { seed: 1, full: false, fault: false, database: "pglite" } as const;

test("S11: dependencies are pinned and licensed, tarballs come out the same, and the harness sees what is not", async () => {
  expect(await verifySupplyChain(brief)).toMatchObject({ pass: true, figure: 0 });
  expect(await verifySupplyChain({ ...brief, fault: true })).toMatchObject({ pass: false, figure: 2 });
});
