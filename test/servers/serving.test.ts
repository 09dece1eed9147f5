import { expect, test } from "vitest";
import { verifyEventLoop } from "../verify/r7-event-loop.ts";

const brief = { seed: 7, full: false, fault: false, database: "pglite" } as const;
const timeoutMs = 900_000;

test(
  "R7: models at full load leave the service's thread free, and the harness sees when they do not",
  async () => {
    expect(await verifyEventLoop(brief)).toMatchObject({ pass: true, problems: [] });
    expect(await verifyEventLoop({ ...brief, fault: true })).toMatchObject({ pass: false });
  },
  timeoutMs,
);
