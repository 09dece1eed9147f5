import { chainModel, linearModel } from "../../runtime/testing/onnx-model.ts";
import { createRegistrar, type Registrar } from "../../tools/bench/model-registrar.ts";
import { childrenOf, residentBytes } from "../../tools/bench/process-memory.ts";
import { type Call, createSender } from "../../tools/bench/served-load.ts";
import { createClosers } from "./closers.ts";
import { type Harness, shownProblems } from "./harness.ts";
import { startServices } from "./service-group.ts";

const mebibyte = 1024 ** 2;
const width = 64;
/** Few clients leave a small machine time to swap. */
const full = { clients: 8, swaps: 500 };
const brief = { clients: 3, swaps: 8 };
/** Memory at the end is held against what it was after so many swaps. */
const markAfter = 20;
const growthLimit = 1.1;

/** Small and large ones in turn: on the service's own thread, and in a process. */
const files = [
  linearModel(new Array<number>(width).fill(1)),
  chainModel(width, 40),
  linearModel(new Array<number>(width).fill(2)),
  chainModel(width, 60),
];

/**
 * R9: one model's champion is swapped again and again under load. No prediction fails, each is the answer of a version
 * that was champion, and memory at the end is at most 10% above what it was after 20 swaps. The fault takes the old
 * version away before the new one is there.
 */
export const verifySwaps: Harness = async ({ full: isFull, fault, database, cases }) => {
  const closers = createClosers();
  const problems: string[] = [];
  const { clients, swaps } = isFull ? full : brief;
  const wanted = cases ?? swaps;
  try {
    const settings = { serving: { workers: 1 } };
    const { home, replicas } = await startServices({ database, replicas: 1, settings }, closers);
    const [replica] = replicas;
    const pid = replica?.pid();
    if (replica === undefined || pid === undefined) throw new Error("There is no service.");
    const registrar = createRegistrar({ url: replica.url, token: home.token });
    const versions = [];
    // Two are enough to take one away before the other is there.
    for (const bytes of fault ? files.slice(0, 2) : files)
      versions.push(await registrar.register("swapped", bytes));
    const inputs = [{ name: "x", shape: [1, width], datatype: "FP32", data: new Array(width).fill(0.5) }];
    const url = `${replica.url}/v2/models/swapped`;
    const call: Call = {
      url: `${url}/infer`,
      method: "POST",
      token: home.token,
      body: JSON.stringify({ inputs }),
    };
    const sender = createSender();
    closers.add(sender.close);
    const expected = await answersOf(registrar, versions);

    let isOver = false;
    const counts = { predictions: 0, failed: 0 };
    const client = async () => {
      while (!isOver) {
        const { status, text } = await sender.send(call);
        counts.predictions++;
        const wrong = status === 200 ? wrongAnswer(text, expected) : `${status} ${text.slice(0, 200)}`;
        if (wrong === null) continue;
        counts.failed++;
        problems.push(`a prediction: ${wrong}`);
      }
    };
    const load = Array.from({ length: clients }, client);
    const memory = () => [pid, ...childrenOf(pid)].reduce((sum, one) => sum + residentBytes(one), 0);
    let mark = 0;
    for (let at = 0; at < wanted; at++) {
      const repository = `${replica.url}/v2/repository/models/swapped/unload`;
      if (fault) await sender.send({ ...call, url: repository, body: "{}" });
      const { status, body } = await registrar.promote("swapped", versions[at % versions.length] ?? 1);
      if (status !== 200) problems.push(`swap ${at}: ${status} ${JSON.stringify(body)}`);
      if (at + 1 === markAfter) mark = memory();
      // One prediction that failed is enough to see the fault.
      if (fault && counts.failed > 0) break;
    }
    const end = memory();
    isOver = true;
    await Promise.all(load);
    if (mark > 0 && end > growthLimit * mark) {
      problems.push(`memory went from ${Math.round(mark / mebibyte)} to ${Math.round(end / mebibyte)} MiB`);
    }
    return {
      pass: problems.length === 0 && counts.predictions > 0,
      figure: counts.failed,
      unit: "predictions failed or were of no version",
      goal: "0, and memory at the end at most 10% above that after 20 swaps",
      details: {
        swaps: wanted,
        predictions: counts.predictions,
        markMiB: Math.round(mark / mebibyte),
        endMiB: Math.round(end / mebibyte),
      },
      problems: problems.slice(0, shownProblems),
    };
  } finally {
    await closers.close();
  }
};

/** What each version answers, once each is served; they are examined on the way. */
async function answersOf(
  registrar: Registrar,
  versions: readonly number[],
): Promise<ReadonlyMap<string, string>> {
  const expected = new Map<string, string>();
  const inputs = [{ name: "x", shape: [1, width], datatype: "FP32", data: new Array(width).fill(0.5) }];
  for (const version of versions) {
    const promoted = await registrar.promote("swapped", version);
    if (promoted.status !== 200) throw new Error(`not served: ${JSON.stringify(promoted.body)}`);
    const { body } = await registrar.infer("swapped", { inputs });
    expected.set(String(version), valuesOf(body));
  }
  return expected;
}

interface Prediction {
  readonly model_version?: string;
  readonly outputs?: readonly { readonly data: readonly number[] }[];
}

const valuesOf = (body: unknown): string => (body as Prediction).outputs?.[0]?.data.join() ?? "none";

function wrongAnswer(text: string, expected: ReadonlyMap<string, string>): string | null {
  const body = JSON.parse(text) as Prediction;
  const version = body.model_version ?? "";
  return expected.get(version) === valuesOf(body)
    ? null
    : `version ${version} gave ${valuesOf(body).slice(0, 100)}`;
}
