import { expect, test } from "vitest";
import { verifyKills } from "../verify/r1-kills.ts";

const brief = { seed: 5, full: false, fault: false } as const;
const timeoutMs = 600_000;

for (const database of ["pglite", "postgres"] as const) {
  test(
    `R1 on ${database}: kills lose nothing that was acknowledged, and the harness sees when they do`,
    async () => {
      expect(await verifyKills({ ...brief, database })).toMatchObject({
        pass: true,
        figure: 0,
        problems: [],
      });
      expect(await verifyKills({ ...brief, database, fault: true })).toMatchObject({ pass: false });
    },
    timeoutMs,
  );
}
