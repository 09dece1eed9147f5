import fc from "fast-check";
import { Histogram, Registry } from "prom-client";
import { expect, test } from "vitest";
import { TalliedHistogram } from "./tallied-histogram.ts";

test("tells what prom-client's own histogram tells", async () => {
  const labels = fc.record({
    model: fc.constantFrom("a", "b", 'c"\\\n'),
    version: fc.constantFrom("1", "2"),
  });
  const seconds = fc.oneof(
    fc.constantFrom(0.001, 0.1, 1),
    fc.double({ min: 0, max: 2, noNaN: true, noDefaultInfinity: true }),
  );
  const options = { name: "seconds", help: "Time.", buckets: [0.001, 0.1, 1] };
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(labels, seconds), { maxLength: 40 }), async (observed) => {
      const [own, theirs] = [new Registry(), new Registry()];
      const tallied = new TalliedHistogram({ ...options, labels: ["model", "version"] }, own);
      const plain = new Histogram({ ...options, labelNames: ["model", "version"], registers: [theirs] });
      for (const [key, value] of observed) {
        if (value < 0.1) tallied.observe(key, value);
        else tallied.of(key)(value);
        plain.observe(key, value);
      }
      expect(await own.metrics()).toBe(await theirs.metrics());
    }),
    { numRuns: 50 },
  );
});
