/** Trains, promotes and asks the penguin model, all over HTTP. A second run finds the model served and only asks it. */
import { parseArgs } from "node:util";
import { findConnection } from "./connection.ts";
import { createService, Failure, type Service } from "./http.ts";
import { features, loadPenguins, type Penguin, species, split, splitSeed } from "./penguins.ts";
import { findModel, follow, infer, metricOf, promote, submit, untilServed } from "./platform.ts";

const name = "penguins";
const shownLines = 20;
const percent = (share: number) => `${(share * 100).toFixed(1)} %`;

/** Runs train.ts as a job of the platform; gives the version that it registered. */
async function train(service: Service): Promise<number> {
  const id = await submit(service, {
    name: "quickstart",
    command: ["node", "examples/quickstart/train.ts"],
    timeoutMs: 5 * 60_000,
  });
  console.log(`Training as job ${id} of the platform:`);
  const { job, lines } = await follow(service, id, (line) => {
    if (!line.startsWith("{")) console.log(`  ${line}`);
  });
  if (job.state !== "succeeded") {
    const end = lines.slice(-shownLines).map((line) => `  ${line}`);
    throw new Failure(
      [`Job ${id} ${job.state}: ${job.reason ?? "no reason given"}`, "The end of its log:", ...end].join(
        "\n",
      ),
    );
  }
  const result = lines.findLast((line) => line.startsWith("{")) ?? "{}";
  const { version } = JSON.parse(result) as { version?: number };
  if (version === undefined)
    throw new Failure(`Job ${id} succeeded, but its log does not end with a result.`);
  return version;
}

/** Gives the version that is served: the one that is there, or a new one where there is none or one is wanted. */
async function ensureServed(service: Service, retrain: boolean): Promise<number> {
  const serving = (await findModel(service, name))?.serving;
  const served = serving?.state === "ready" || serving?.state === "loading" ? serving.version : undefined;
  if (served !== undefined && !retrain) {
    await untilServed(service, name, served);
    console.log(`${name} version ${served} is served already: nothing changed (--retrain trains a new one).`);
    return served;
  }
  const version = await train(service);
  await promote(service, name, version);
  await untilServed(service, name, version);
  console.log(`Registered ${name} version ${version} and promoted it: it is served now.`);
  return version;
}

async function reportAccuracy(service: Service, version: number): Promise<void> {
  const versions = (await findModel(service, name))?.versions ?? [];
  const runId = versions.find((one) => one.version === version)?.runId;
  const accuracy = runId ? await metricOf(service, runId, "test_accuracy") : undefined;
  if (accuracy !== undefined)
    console.log(`Its accuracy on held-out penguins, as logged: ${percent(accuracy)}.`);
}

function row(cells: readonly string[]): string {
  return cells
    .map((cell, at) => (at < features.length ? cell.padStart(9) : `  ${cell.padEnd(20)}`))
    .join("")
    .trimEnd();
}

/** Sends held-out penguins to the served model and sets its answers beside the truth. */
async function ask(service: Service, heldOut: readonly Penguin[]): Promise<void> {
  const answers = await infer(
    service,
    name,
    heldOut.map((penguin) => penguin.features),
  );
  const right = heldOut.filter((penguin, at) => penguin.species === answers[at]?.label).length;
  console.log(
    `\nPOST ${service.url}/v2/models/${name}/infer with ${heldOut.length} penguins it never saw:\n`,
  );
  console.log(row(["bill", "depth", "flipper", "mass", "prediction", "truth"]));
  for (const [at, penguin] of heldOut.entries()) {
    const answer = answers[at];
    const wrong = penguin.species !== answer?.label;
    if (answer === undefined || (at % 15 !== 0 && !wrong)) continue;
    const prediction = `${species[answer.label]} (${Math.round(answer.probability * 100)} %)`;
    const truth = `${species[penguin.species]}${wrong ? "  <- wrong" : ""}`;
    console.log(row([...penguin.features.map(String), prediction, truth]));
  }
  console.log(`\n${right} of ${heldOut.length} right (${percent(right / heldOut.length)}).`);
}

async function run(): Promise<void> {
  const { values } = parseArgs({ options: { retrain: { type: "boolean", default: false } } });
  const { url, token } = await findConnection();
  const service = createService(url, token);
  const { heldOut } = split(await loadPenguins(), splitSeed);
  const version = await ensureServed(service, values.retrain);
  await reportAccuracy(service, version);
  await ask(service, heldOut);
}

try {
  await run();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
