import { type Random, seededRandom, shuffled } from "./random.ts";

type Vector = readonly number[];

/** One fully connected layer: a row of weights and a bias for each of its outputs. */
export interface Layer {
  readonly weights: readonly Vector[];
  readonly bias: Vector;
}

/** What training finds: the scale of the inputs, and two layers with tanh between them and softmax after. */
export interface Network {
  readonly mean: Vector;
  readonly deviation: Vector;
  readonly hidden: Layer;
  readonly output: Layer;
}

/** An input with the index of its class. */
export interface Example {
  readonly input: Vector;
  readonly target: number;
}

/** How to train. All of it is logged, so that a run can be repeated from its parameters. */
export interface Recipe {
  readonly seed: number;
  readonly epochs: number;
  readonly batchSize: number;
  readonly hiddenUnits: number;
  readonly learningRate: number;
  /** Share of the last step that the next one keeps. */
  readonly momentum: number;
}

/** Mean cross-entropy in nats, and the share of right answers. */
export interface Score {
  readonly loss: number;
  readonly accuracy: number;
}

type Layers = Pick<Network, "hidden" | "output">;

const zip = (a: Vector, b: Vector, f: (x: number, y: number) => number) => a.map((x, i) => f(x, b[i] ?? 0));
const sum = (a: Vector) => a.reduce((total, x) => total + x, 0);
const apply = (layer: Layer, input: Vector) =>
  layer.weights.map((row, unit) => sum(zip(row, input, (w, x) => w * x)) + (layer.bias[unit] ?? 0));

function softmax(scores: Vector): number[] {
  const top = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - top));
  return powers.map((power) => power / sum(powers));
}

function activations(network: Network, input: Vector) {
  const centred = zip(input, network.mean, (x, mean) => x - mean);
  const scaled = zip(centred, network.deviation, (x, deviation) => x / deviation);
  const hidden = apply(network.hidden, scaled).map(Math.tanh);
  return { scaled, hidden, probabilities: softmax(apply(network.output, hidden)) };
}

/** The probability of every class. */
export function predict(network: Network, input: Vector): number[] {
  return activations(network, input).probabilities;
}

/** How well a network does on examples. */
export function score(network: Network, examples: readonly Example[]): Score {
  let loss = 0;
  let right = 0;
  for (const { input, target } of examples) {
    const probabilities = predict(network, input);
    loss -= Math.log(Math.max(probabilities[target] ?? 0, Number.MIN_VALUE));
    if (probabilities.indexOf(Math.max(...probabilities)) === target) right += 1;
  }
  return { loss: loss / examples.length, accuracy: right / examples.length };
}

/** Does something to every weight and bias of one set of layers and its twin in another. */
function combine(a: Layers, b: Layers, f: (x: number, y: number) => number): Layers {
  const layer = (p: Layer, q: Layer): Layer => ({
    weights: p.weights.map((row, unit) => zip(row, q.weights[unit] ?? [], f)),
    bias: zip(p.bias, q.bias, f),
  });
  return { hidden: layer(a.hidden, b.hidden), output: layer(a.output, b.output) };
}

/** How the mean loss changes with every weight and bias (backpropagation of softmax with cross-entropy). */
export function gradient(network: Network, examples: readonly Example[]): Layers {
  let total = combine(network, network, () => 0);
  for (const { input, target } of examples) {
    const { scaled, hidden, probabilities } = activations(network, input);
    const outer = probabilities.map((p, kind) => p - (kind === target ? 1 : 0));
    const inner = hidden.map((h, unit) => {
      const blame = sum(network.output.weights.map((row, kind) => (row[unit] ?? 0) * (outer[kind] ?? 0)));
      return blame * (1 - h * h);
    });
    const part: Layers = {
      hidden: { weights: inner.map((d) => scaled.map((x) => d * x)), bias: inner },
      output: { weights: outer.map((d) => hidden.map((h) => d * h)), bias: outer },
    };
    total = combine(total, part, (sofar, more) => sofar + more / examples.length);
  }
  return total;
}

/** A network that has learned nothing yet: the scale of the examples, and small weights drawn at random. */
export function untrained(
  examples: readonly Example[],
  classes: number,
  hiddenUnits: number,
  random: Random,
): Network {
  const columns = (examples[0]?.input ?? []).map((_, at) => examples.map(({ input }) => input[at] ?? 0));
  const mean = columns.map((column) => sum(column) / column.length);
  const deviation = columns.map((column, at) => {
    const variance = sum(column.map((x) => (x - (mean[at] ?? 0)) ** 2)) / column.length;
    return Math.sqrt(variance) || 1;
  });
  const layer = (inputs: number, outputs: number): Layer => ({
    weights: Array.from({ length: outputs }, () =>
      Array.from({ length: inputs }, () => (random() * 2 - 1) / Math.sqrt(inputs)),
    ),
    bias: Array.from({ length: outputs }, () => 0),
  });
  return {
    mean,
    deviation,
    hidden: layer(mean.length, hiddenUnits),
    output: layer(hiddenUnits, classes),
  };
}

/**
 * Trains by stochastic gradient descent with momentum; gives the network and its score on the examples after every
 * epoch. The same examples and recipe give the same network, bit for bit.
 */
export function* train(
  examples: readonly Example[],
  classes: number,
  recipe: Recipe,
): Generator<{ epoch: number; network: Network } & Score> {
  const random = seededRandom(recipe.seed);
  let network = untrained(examples, classes, recipe.hiddenUnits, random);
  let step = combine(network, network, () => 0);
  for (let epoch = 1; epoch <= recipe.epochs; epoch += 1) {
    const order = shuffled(examples, random);
    for (let at = 0; at < order.length; at += recipe.batchSize) {
      const slope = gradient(network, order.slice(at, at + recipe.batchSize));
      step = combine(step, slope, (last, d) => recipe.momentum * last - recipe.learningRate * d);
      network = { ...network, ...combine(network, step, (weight, change) => weight + change) };
    }
    yield { epoch, network, ...score(network, examples) };
  }
}
