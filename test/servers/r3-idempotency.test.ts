import { expect, test } from "vitest";
import { verifyIdempotency } from "../verify/r3-idempotency.ts";

const brief = { seed: 3, full: false, fault: false, database: "postgres" } as const;
const timeoutMs = 600_000;

test(
  "R3: a request that is sent several times makes one thing, over cut connections and a crash",
  async () => {
    expect(await verifyIdempotency(brief)).toMatchObject({ pass: true, figure: 0, problems: [] });
    const embedded = { ...brief, database: "pglite" } as const;
    expect(await verifyIdempotency(embedded)).toMatchObject({ pass: true, figure: 0, problems: [] });
  },
  timeoutMs,
);

test(
  "R3: the harness sees keys that are forgotten",
  async () => {
    expect(await verifyIdempotency({ ...brief, fault: true })).toMatchObject({ pass: false });
  },
  timeoutMs,
);
