import fc from "fast-check";
import { expect, test } from "vitest";
import { type Example, gradient, type Layer, type Network, score, train, untrained } from "./network.ts";
import { seededRandom } from "./random.ts";

const recipe = { seed: 7, epochs: 30, batchSize: 8, hiddenUnits: 5, learningRate: 0.05, momentum: 0.9 };
const classes = 3;

const number = fc.double({ min: -3, max: 3, noNaN: true });
const example = fc.record({
  input: fc.array(number, { minLength: 2, maxLength: 2 }),
  target: fc.nat({ max: classes - 1 }),
});
const examples = fc.array(example, { minLength: 2, maxLength: 6 });

/** Three clouds of points, one a class, that a network can tell apart. */
function clouds(): Example[] {
  const random = seededRandom(1);
  const centres = [
    [0, 100],
    [3, 130],
    [-3, 160],
  ] as const;
  return Array.from({ length: 60 }, (_, at) => {
    const target = at % classes;
    const [x, y] = centres[target] ?? [0, 0];
    return { input: [x + random(), y + 10 * random()], target };
  });
}

function last<Thing>(things: Iterable<Thing>): Thing {
  const end = [...things].at(-1);
  if (end === undefined) throw new Error("there was nothing");
  return end;
}

/** The network with one of a layer's weights moved. */
function nudged(
  network: Network,
  name: "hidden" | "output",
  unit: number,
  column: number,
  by: number,
): Network {
  const move = (layer: Layer): Layer => ({
    bias: layer.bias,
    weights: layer.weights.map((row, u) => row.map((w, c) => (u === unit && c === column ? w + by : w))),
  });
  return { ...network, [name]: move(network[name]) };
}

test("the gradient is the slope that small steps of every weight show", () => {
  fc.assert(
    fc.property(examples, fc.nat(), (given, seed) => {
      const network = untrained(given, classes, 4, seededRandom(seed));
      const slopes = gradient(network, given);
      const step = 1e-5;
      for (const name of ["hidden", "output"] as const) {
        for (const [unit, row] of slopes[name].weights.entries()) {
          for (const [column, slope] of row.entries()) {
            const up = score(nudged(network, name, unit, column, step), given).loss;
            const down = score(nudged(network, name, unit, column, -step), given).loss;
            expect((up - down) / (2 * step)).toBeCloseTo(slope, 4);
          }
        }
      }
    }),
    { numRuns: 50 },
  );
});

test("probabilities are between 0 and 1, and the loss is never negative, however far out the input", () => {
  fc.assert(
    fc.property(examples, fc.double({ min: -1e6, max: 1e6, noNaN: true }), (given, far) => {
      const network = untrained(given, classes, 4, seededRandom(1));
      const { loss, accuracy } = score(network, [...given, { input: [far, -far], target: 0 }]);
      expect(loss).toBeGreaterThanOrEqual(0);
      expect(accuracy).toBeGreaterThanOrEqual(0);
      expect(accuracy).toBeLessThanOrEqual(1);
    }),
  );
});

test("it learns to tell three clouds apart", () => {
  const rounds = [...train(clouds(), classes, recipe)];
  expect(rounds.map(({ epoch }) => epoch)).toEqual(Array.from({ length: recipe.epochs }, (_, at) => at + 1));
  expect(rounds.at(-1)?.accuracy).toBe(1);
  expect(rounds.at(-1)?.loss).toBeLessThan(rounds[0]?.loss ?? 0);
});

test("the same seed gives the same network, another seed another one", () => {
  const once = last(train(clouds(), classes, recipe));
  expect(last(train(clouds(), classes, recipe))).toEqual(once);
  expect(last(train(clouds(), classes, { ...recipe, seed: 8 }))).not.toEqual(once);
});

test("a column that never varies does no harm", () => {
  const flat = clouds().map(({ input, target }) => ({ input: [...input, 5], target }));
  expect(last(train(flat, classes, recipe)).loss).toBeLessThan(1);
});
