/** Trains the penguin model and registers it. Runs as a training job: the platform sets MLFLOW_TRACKING_URI and _TOKEN. */
import { createService, Failure } from "./http.ts";
import { type ModelFacts, mlModel, modelCard } from "./model-files.ts";
import { type Example, type Network, type Recipe, score, train } from "./network.ts";
import { toOnnx } from "./onnx.ts";
import { features, loadPenguins, type Penguin, species, split, splitSeed } from "./penguins.ts";
import { createTracking, type Metric, type Run } from "./tracking.ts";

const recipe: Recipe = {
  seed: splitSeed,
  epochs: 100,
  batchSize: 32,
  hiddenUnits: 8,
  learningRate: 0.01,
  momentum: 0.9,
};
const model = "penguins";
const reportEvery = 20;

type Tracking = ReturnType<typeof createTracking>;

const toExample = (penguin: Penguin): Example => ({ input: penguin.features, target: penguin.species });

/** Fits the network; every 20 epochs what was learned so far is logged, so that its chart grows while it trains. */
async function fit(tracking: Tracking, run: Run, examples: readonly Example[]): Promise<Network> {
  let network: Network | undefined;
  let pending: Metric[] = [];
  for (const { epoch, loss, accuracy, ...trained } of train(examples, species.length, recipe)) {
    network = trained.network;
    pending.push({ key: "train_loss", value: loss, step: epoch });
    pending.push({ key: "train_accuracy", value: accuracy, step: epoch });
    if (epoch % reportEvery === 0 || epoch === recipe.epochs) {
      await tracking.logMetrics(run, pending);
      pending = [];
      console.log(`epoch ${epoch}: loss ${loss.toFixed(4)}, accuracy ${(accuracy * 100).toFixed(1)} %`);
    }
  }
  if (network === undefined) throw new Failure("Training needs at least one epoch.");
  return network;
}

/** Uploads the model with its card and registers it as the next version. */
async function publish(tracking: Tracking, run: Run, network: Network, facts: ModelFacts): Promise<number> {
  const onnx = toOnnx(network, { features: features.join(","), species: species.join(",") });
  await tracking.upload(run, "model/model.onnx", onnx);
  await tracking.upload(run, "model/MLmodel", mlModel(facts));
  await tracking.upload(run, "model/README.md", modelCard(facts));
  console.log(`uploaded model.onnx (${onnx.length} bytes) with its card`);
  return await tracking.register(run, "model", model, "Species of a penguin from four measurements");
}

async function trainAndRegister(tracking: Tracking): Promise<void> {
  const { learn, heldOut } = split(await loadPenguins(), recipe.seed);
  console.log(`${learn.length} penguins to learn from, ${heldOut.length} held out`);
  const run = await tracking.startRun("quickstart", `penguins-${new Date().toISOString().slice(0, 19)}`);
  try {
    await tracking.logParams(run, { ...recipe, learned: learn.length, heldOut: heldOut.length });
    const network = await fit(tracking, run, learn.map(toExample));
    const test = score(network, heldOut.map(toExample));
    await tracking.logMetrics(run, [
      { key: "test_loss", value: test.loss, step: recipe.epochs },
      { key: "test_accuracy", value: test.accuracy, step: recipe.epochs },
    ]);
    const facts = { runId: run.id, learned: learn.length, heldOut: heldOut.length, accuracy: test.accuracy };
    const version = await publish(tracking, run, network, facts);
    await tracking.endRun(run, "FINISHED");
    console.log(JSON.stringify({ model, version, runId: run.id, testAccuracy: test.accuracy }));
  } catch (error) {
    await tracking.endRun(run, "FAILED").catch(() => {});
    throw error;
  }
}

const { MLFLOW_TRACKING_URI: uri, MLFLOW_TRACKING_TOKEN: token } = process.env;
try {
  if (uri === undefined || token === undefined) {
    throw new Failure("Set MLFLOW_TRACKING_URI and MLFLOW_TRACKING_TOKEN; `npx bedplate env` prints both.");
  }
  await trainAndRegister(createTracking(createService(uri.replace(/\/+$/, ""), token)));
} catch (error) {
  console.error(error instanceof Failure ? error.message : error);
  process.exitCode = 1;
}
