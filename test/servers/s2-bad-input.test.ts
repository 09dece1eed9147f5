import { expect, test } from "vitest";
import { verifyBadInput } from "../verify/s2-bad-input.ts";

const brief = { seed: 6, full: false, fault: false, database: "pglite" } as const;
const timeoutMs = 600_000;

test(
  "S2: bad requests to every route are refused in its own words and in time, and the harness sees when one is not",
  async () => {
    expect(await verifyBadInput(brief)).toMatchObject({ pass: true, figure: 0, problems: [] });
    expect(await verifyBadInput({ ...brief, fault: true })).toMatchObject({ pass: false });
  },
  timeoutMs,
);
