import { InferenceSession, Tensor } from "onnxruntime-node";
import { expect, test } from "vitest";
import { type Network, predict, train } from "../../examples/quickstart/network.ts";
import { toOnnx } from "../../examples/quickstart/onnx.ts";
import { loadPenguins, species, split, splitSeed } from "../../examples/quickstart/penguins.ts";

const about = { species: species.join(",") };

/** A network that a few epochs of the quickstart's training give, and the penguins it has not seen. */
async function trained() {
  const { learn, heldOut } = split(await loadPenguins(), splitSeed);
  const examples = learn.map((penguin) => ({ input: penguin.features, target: penguin.species }));
  const recipe = { seed: 1, epochs: 5, batchSize: 32, hiddenUnits: 8, learningRate: 0.05, momentum: 0.9 };
  let network: Network | undefined;
  for (const round of train(examples, species.length, recipe)) network = round.network;
  if (network === undefined) throw new Error("nothing was trained");
  return { network, heldOut };
}

test("the written ONNX file gives the numbers of the TypeScript network, for any count of rows", async () => {
  const { network, heldOut } = await trained();
  const session = await InferenceSession.create(toOnnx(network, about));
  expect(session.inputNames).toEqual(["features"]);
  expect(session.outputNames).toEqual(["label", "probabilities"]);
  for (const count of [1, 7, heldOut.length]) {
    const rows = heldOut.slice(0, count);
    const values = Float32Array.from(rows.flatMap((penguin) => penguin.features));
    const answer = await session.run({ features: new Tensor("float32", values, [count, 4]) });
    const expected = rows.map((penguin) => predict(network, penguin.features));
    const probabilities = Array.from(answer.probabilities?.data as Float32Array);
    for (const [at, value] of expected.flat().entries()) expect(probabilities[at]).toBeCloseTo(value, 4);
    const labels = Array.from(answer.label?.data as BigInt64Array, Number);
    expect(labels).toEqual(expected.map((row) => row.indexOf(Math.max(...row))));
    expect(answer.label?.dims).toEqual([count]);
  }
  await session.release();
});

test("the same data, seed and recipe give the same file, byte for byte", async () => {
  const [one, two] = [await trained(), await trained()];
  expect(toOnnx(one.network, about)).toEqual(toOnnx(two.network, about));
});
