import { expect, test } from "vitest";
import type { Harness } from "../verify/harness.ts";
import { verifyOverload } from "../verify/r6-overload.ts";
import { verifyEventLoop } from "../verify/r7-event-loop.ts";
import { verifySwaps } from "../verify/r9-swaps.ts";
import { verifyHostileModels } from "../verify/s4-hostile-models.ts";

const brief = { seed: 7, full: false, fault: false, database: "pglite" } as const;
const timeoutMs = 900_000;

const harnesses: readonly [string, Harness, object][] = [
  ["R6: a model that is asked too much sheds in words and recovers", verifyOverload, {}],
  ["R7: models at full load leave the service's thread free", verifyEventLoop, {}],
  ["R9: no prediction fails while champions are swapped", verifySwaps, {}],
  ["S4: hostile model files are refused in time and reach nothing", verifyHostileModels, { cases: 6 }],
];

for (const [claim, harness, less] of harnesses) {
  test(
    `${claim}, and the harness sees when it is not so`,
    async () => {
      expect(await harness({ ...brief, ...less })).toMatchObject({ pass: true, problems: [] });
      expect(await harness({ ...brief, fault: true })).toMatchObject({ pass: false });
    },
    timeoutMs,
  );
}
