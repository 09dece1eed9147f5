import { expect, test } from "vitest";
import { verifyOutbox } from "../verify/r4-outbox.ts";

const brief = { seed: 4, full: false, fault: false, database: "pglite" } as const;
const timeoutMs = 600_000;

test(
  "R4: nothing that was announced is lost over crashes",
  async () => {
    expect(await verifyOutbox(brief)).toMatchObject({ pass: true, figure: 0, problems: [] });
  },
  timeoutMs,
);

test(
  "R4: the harness sees a delivery that is lost",
  async () => {
    expect(await verifyOutbox({ ...brief, fault: true })).toMatchObject({ pass: false });
  },
  timeoutMs,
);
