import { expect, test } from "vitest";
import { verifyDenyByDefault } from "./s1-deny-by-default.ts";

const brief = { seed: 1, full: false, fault: false, database: "pglite" } as const;

test("S1: every address is denied to who may not use it, and the harness sees one that is open", async () => {
  expect(await verifyDenyByDefault(brief)).toMatchObject({ pass: true, figure: 0, problems: [] });
  expect(await verifyDenyByDefault({ ...brief, fault: true })).toMatchObject({ pass: false });
}, 120_000);
