import { type RolloutSpecInput, rolloutSpec } from "@bedplate/contract";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Problem } from "./problem.ts";
import { follow, isActive, type RolloutOrder } from "./rollout-transition.ts";

const specs: readonly RolloutSpecInput[] = [
  { strategy: "canary", candidate: 2, steps: [{ percent: 1 }, { percent: 10 }, { percent: 100 }] },
  {
    strategy: "ab",
    candidates: [
      { version: 2, percent: 30 },
      { version: 3, percent: 30 },
    ],
  },
  { strategy: "shadow", candidates: [2] },
  { strategy: "blueGreen", candidate: 2 },
];
const begin = (given: RolloutSpecInput) => ({
  ...{ model: "m", spec: rolloutSpec.parse(given), state: "running" as const },
  ...{ position: 0, champion: 1, baseline: 1 },
});
const orders = fc.oneof(
  fc.constantFrom<RolloutOrder["kind"]>("pause", "resume", "advance", "abort").map((kind) => ({ kind })),
  fc.constantFrom(undefined, 2, 3, 9).map((version) => ({ kind: "promote" as const, version })),
) as fc.Arbitrary<RolloutOrder>;

test("whatever is ordered in whatever order: an ended rollout stays so, an abort gives back the first champion, a repeated order changes nothing", () => {
  fc.assert(
    fc.property(fc.constantFrom(...specs), fc.array(orders, { maxLength: 12 }), (spec, list) => {
      let rollout: Parameters<typeof follow>[0] = begin(spec);
      for (const order of list) {
        let step: ReturnType<typeof follow>;
        try {
          step = follow(rollout, order);
        } catch (error) {
          expect(error instanceof Problem && error.status < 500).toBe(true);
          continue;
        }
        if (step === null) continue;
        expect(isActive(rollout)).toBe(true);
        expect(step.position).toBeGreaterThanOrEqual(rollout.position);
        if (step.state === "aborted") expect(step.champion).toBe(1);
        // The champion moves exactly where the registry is told to move it.
        expect(step.champion !== rollout.champion).toBe(step.move !== null);
        const { state, position, champion } = step;
        rollout = { ...rollout, state, position, champion };
        const isAgain = order.kind !== "advance" && !(order.kind === "promote" && isActive(rollout));
        if (isAgain) expect(follow(rollout, order)).toBe(null);
      }
    }),
  );
});

test("blue-green flips once, keeps the way back, and settles when it is promoted again", () => {
  const begun = begin({ strategy: "blueGreen", candidate: 2 });
  const flipped = follow(begun, { kind: "promote" });
  expect(flipped).toEqual({ action: "flipped", state: "running", position: 1, champion: 2, move: "promote" });
  const after = { ...begun, position: 1, champion: 2 };
  expect(follow(after, { kind: "abort" })).toMatchObject({ champion: 1, move: "back", state: "aborted" });
  expect(follow(after, { kind: "promote" })).toMatchObject({ action: "promoted", move: null });
});

test("of several candidates one must be named, and one that is there", () => {
  const several = begin(specs[1] ?? { strategy: "shadow", candidates: [2] });
  expect(() => follow(several, { kind: "promote" })).toThrow("Say which version: 2, 3.");
  expect(() => follow(several, { kind: "promote", version: 4 })).toThrow("Version 4 is not in this rollout");
  expect(follow(several, { kind: "promote", version: 3 })).toMatchObject({ champion: 3, move: "promote" });
});
