import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import type { ModelProfile } from "../../runtime/src/domain/model-profile.ts";
import { Problem } from "../../runtime/src/domain/problem.ts";
import type { InferenceRequest } from "../../runtime/src/domain/tensor.ts";
import { type Engine, openEngine } from "../../runtime/src/inference/engine.ts";
import { type ModelHost, openModelHost } from "../../runtime/src/inference/model-host.ts";
import { openSession } from "../../runtime/src/inference/onnx-session.ts";
import { createMetrics } from "../../runtime/src/ops/metrics.ts";
import { chainModel, linearModel } from "../../runtime/testing/onnx-model.ts";
import { type Closers, createClosers } from "./closers.ts";
import type { Harness, HarnessOptions } from "./harness.ts";
import { shownProblems } from "./harness.ts";
import { seededRandom } from "./seeded-random.ts";

const width = 64;
const differentRows = 32;
const heavyClients = 16;
const answerLimitMs = 20_000;
const recoveryLimitMs = 10_000;
const backOffMs = 20;
const gibibyte = 1024 ** 3;

const files = { heavy: chainModel(width, 40), light: linearModel(new Array<number>(width).fill(1)) };
type Name = keyof typeof files;
const names = Object.keys(files) as Name[];
const digestOf = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");

/** As if both had been measured, so that one runs in processes and the other on this thread, however busy the machine. */
const profileOf = (name: Name): ModelProfile => ({
  inputs: [{ name: "x", datatype: "FP32", shape: [-1, width] }],
  outputs: [{ name: "y", datatype: "FP32", shape: [-1, name === "heavy" ? width : 1] }],
  batch: { minRows: 2, maxRows: 8 },
  batchMs: name === "heavy" ? 10 : 0.01,
  memoryBytes: 1,
  bounded: true,
});

const rowOf = (row: number) => Float32Array.from({ length: width }, (_, at) => Math.sin(row * width + at));
function requestOf(row: number, rows = 1): InferenceRequest {
  const data = new Float32Array(rows * width);
  for (let at = 0; at < rows; at++) data.set(rowOf(row), at * width);
  const inputs = new Map([["x", { datatype: "FP32" as const, shape: [rows, width], data }]]);
  return { inputs, outputs: ["y"], binary: new Set() };
}

/** What each row's answer is, from ONNX Runtime alone. */
async function expectedAnswers(): Promise<Readonly<Record<Name, readonly string[]>>> {
  const answers: Record<Name, string[]> = { heavy: [], light: [] };
  for (const name of names) {
    const session = await openSession(files[name]);
    for (let row = 0; row < differentRows; row++) {
      const y = (await session.run(requestOf(row, 2))).get("y")?.data as Float32Array;
      answers[name].push(y.subarray(0, y.length / 2).join());
    }
    await session.release();
  }
  return answers;
}

/** Both models behind the service's own host. The planted fault: no process after the first ones can be given its models. */
async function openServing(fault: boolean, closers: Closers): Promise<{ engine: Engine; host: ModelHost }> {
  const profiles = new Map(names.map((name) => [digestOf(files[name]), profileOf(name)]));
  let reads = 0;
  const engine = openEngine({
    settings: {
      workers: 2,
      loadTimeoutMs: answerLimitMs,
      runTimeoutMs: answerLimitMs,
      examineTimeoutMs: answerLimitMs,
      processMemoryBytes: gibibyte,
      batchRows: 8,
      inlineBatchMicroseconds: 1_000,
    },
    profiles: { get: async (digest) => profiles.get(digest) ?? null, put: async () => {} },
    log: { warn: () => {} },
  });
  closers.add(engine.close);
  const host = await openModelHost({
    registry: { aliased: async () => names.map((model) => ({ model, version: 1, artifactPath: model })) },
    artifacts: {
      files: async (folder) => {
        const bytes = files[folder as Name];
        return [{ path: `${folder}/model.onnx`, digest: digestOf(bytes), size: bytes.length }];
      },
      open: async ({ path }) => {
        if (fault && ++reads > names.length) throw new Error("planted: the store is away");
        return Readable.from([files[path.split("/")[0] as Name]]);
      },
    },
    settings: {
      alias: "champion",
      modelLimit: 10,
      modelLimitBytes: gibibyte,
      memoryBytes: gibibyte,
      pinned: "",
      loadTimeoutMs: answerLimitMs,
      waitLimitMs: answerLimitMs,
      queueLimit: 1_000,
      queueRowsLimit: 10_000,
      queueBytesLimit: gibibyte,
      totalRowsLimit: 10_000,
      totalBytesLimit: gibibyte,
      timeoutMs: answerLimitMs,
      reconcileIntervalMs: 3_600_000,
    },
    clock: Date.now,
    metrics: createMetrics(),
    log: { error: () => {} },
    executor: engine,
  });
  closers.add(host.close);
  return { engine, host };
}

interface Counts {
  right: number;
  unavailable: number;
  problems: string[];
}

/**
 * Processes that run models are killed at random moments under load. Every request is answered: with the right bits,
 * or with 503 where its process was killed; a model on the service's own thread never notices; each process is
 * replaced, and none is left at the end.
 */
export const verifyChildCrash: Harness = async (options) => {
  const closers = createClosers();
  const counts: Counts = { right: 0, unavailable: 0, problems: [] };
  const seen = new Set<number>();
  let recoveryMs = 0;
  try {
    const expected = await expectedAnswers();
    const { engine, host } = await openServing(options.fault, closers);
    let isOver = false;
    const client = async (name: Name, random: () => number) => {
      while (!isOver) await askOnce(host, name, Math.floor(random() * differentRows), expected, counts);
    };
    const clients = Array.from({ length: heavyClients + 2 }, (_, at) =>
      client(at < heavyClients ? "heavy" : "light", seededRandom(options.seed * 1_000 + at)),
    );
    await killOften(engine, seen, options);
    const before = performance.now();
    if (!(await recovers(host, engine))) counts.problems.push("the killed processes were not replaced");
    recoveryMs = Math.round(performance.now() - before);
    isOver = true;
    await Promise.all(clients);
    for (const pid of engine.pids()) seen.add(pid);
  } finally {
    await closers.close();
  }
  for (const pid of seen) if (isAlive(pid)) counts.problems.push(`process ${pid} is left`);
  return {
    pass: counts.problems.length === 0 && counts.right > 0,
    figure: counts.problems.length,
    unit: "wrong, lost or needless answers",
    goal: "0",
    details: { right: counts.right, unavailable: counts.unavailable, recoveryMs, processes: seen.size },
    problems: counts.problems.slice(0, shownProblems),
  };
};

async function askOnce(
  host: ModelHost,
  name: Name,
  row: number,
  expected: Readonly<Record<Name, readonly string[]>>,
  counts: Counts,
): Promise<void> {
  const limit = new AbortController();
  try {
    const answer = host.infer({ model: name }, () => requestOf(row));
    const late = wait(answerLimitMs * 2, null, { signal: limit.signal }).catch(() => null);
    const first = await Promise.race([answer, late]);
    if (first === null) counts.problems.push(`${name}: a request was not answered`);
    else if (first.outputs.get("y")?.data.join() === expected[name][row]) counts.right++;
    else counts.problems.push(`${name}: a wrong answer`);
  } catch (error) {
    const isExpected = error instanceof Problem && error.code === "UNAVAILABLE" && name === "heavy";
    if (isExpected) counts.unavailable++;
    else counts.problems.push(`${name}: ${String(error)}`);
    await wait(backOffMs);
  } finally {
    limit.abort();
  }
  // The light model's clients must not keep the loop from everything else.
  if (name === "light") await wait(1);
}

async function killOften(
  engine: Engine,
  seen: Set<number>,
  { seed, full, crashes }: HarnessOptions,
): Promise<void> {
  const random = seededRandom(seed);
  const kills = crashes ?? (full ? 100 : 5);
  for (let at = 0; at < kills; at++) {
    await wait(100 + random() * 400);
    const pids = engine.pids();
    for (const pid of pids) seen.add(pid);
    const pid = pids[Math.floor(random() * pids.length)];
    if (pid !== undefined && isAlive(pid)) process.kill(pid, "SIGKILL");
  }
}

async function recovers(host: ModelHost, engine: Engine): Promise<boolean> {
  const end = performance.now() + recoveryLimitMs;
  while (performance.now() < end) {
    const isServed = await host
      .infer({ model: "heavy" }, () => requestOf(0))
      .then(
        () => true,
        () => false,
      );
    if (isServed && engine.pids().filter(isAlive).length === 2) return true;
    await wait(100);
  }
  return false;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
