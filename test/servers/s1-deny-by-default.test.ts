import { expect, test } from "vitest";
import { verifyDenyByDefault } from "../verify/s1-deny-by-default.ts";

const brief = { seed: 1, full: false, fault: false, database: "postgres" } as const;

test("S1: on a real PostgreSQL too, teams neither see nor change what another one has", async () => {
  expect(await verifyDenyByDefault(brief)).toMatchObject({ pass: true, figure: 0, problems: [] });
}, 600_000);
