import { link, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { errorCodes } from "@bedplate/contract";
import { linearModel } from "../../runtime/testing/onnx-model.ts";
import { createRegistrar, type Registrar } from "../../tools/bench/model-registrar.ts";
import { watchMemory } from "../../tools/bench/process-memory.ts";
import { type Closers, createClosers } from "./closers.ts";
import { traceCommand, tracedAddresses, tracedPaths } from "./file-trace.ts";
import { type Harness, type HarnessOptions, shownProblems } from "./harness.ts";
import { type HostileFile, hostileFiles } from "./s4-files.ts";
import { mutatedModel } from "./s4-mutations.ts";
import { seededRandom } from "./seeded-random.ts";
import { startServices } from "./service-group.ts";
import { createReplica, type Replica, type ReplicaSettings, type ServiceHome } from "./service-process.ts";

const mebibyte = 1024 ** 2;
const root = join(import.meta.dirname, "../..");
/** Files by chance, and of how many by hand one is taken. */
const full = { mutations: 10_000, step: 1, examineTimeoutMs: 20_000 };
const brief = { mutations: 24, step: 4, examineTimeoutMs: 8_000 };
/** One file that never ends, and nobody who ends it. */
const faulty = { ...brief, examineTimeoutMs: 3_600_000 };

const limits = { runTimeoutMs: 5_000, processMemoryBytes: 512 * mebibyte, workers: 1 };
/** Starting the process, and a busy machine, come on top of loading and measuring, which have their time each. */
const startMs = 30_000;
/** With the fault there is no limit that an answer could keep to. */
const faultyAnswerMs = 10_000;
/** Of a process: its limit, and what the kernel allows to the program itself. */
const childLimitBytes = limits.processMemoryBytes + 1536 * mebibyte;
/** What the service may grow by: files of tens of megabytes pass through it. */
const growthLimitBytes = 400 * mebibyte;
const probeIntervalMs = 100;
const probeLimitMs = 30_000;

interface Bench {
  readonly replica: Replica;
  /** The longest that a promotion may take. */
  readonly answerLimitMs: number;
  readonly registrar: Registrar;
  readonly problems: string[];
  readonly counts: {
    files: number;
    served: number;
    refused: number;
    predictions: number;
    slowestProbeMs: number;
  };
}

/**
 * S4: model files by hand and by chance are registered and promoted. Each promotion is answered within its time, with
 * 200 or a documented 4xx and its code; what is served then answers a prediction or refuses it; no file outside of the
 * store is asked for; no process passes its memory; the service goes on predicting with a good model throughout.
 * The fault takes the limit of time away.
 */
export const verifyHostileModels: Harness = async (options) => {
  const closers = createClosers();
  const { examineTimeoutMs } = options.fault ? faulty : options.full ? full : brief;
  try {
    const serving = { ...limits, examineTimeoutMs };
    const bait = await layBait(closers);
    const trace = join(bait, "trace");
    // The fault has nothing to do with paths.
    const before = options.fault ? [] : traceCommand(trace);
    const { home, replica } = await startTraced(options.database, { serving }, before, closers);
    const pid = replica.pid();
    if (pid === undefined) throw new Error("There is no service.");
    const bench: Bench = {
      replica,
      answerLimitMs: options.fault ? faultyAnswerMs : 2 * examineTimeoutMs + startMs,
      registrar: createRegistrar({ url: replica.url, token: home.token }),
      problems: [],
      counts: { files: 0, served: 0, refused: 0, predictions: 0, slowestProbeMs: 0 },
    };
    const figures = await attack(bench, pid, filesFor(options, bait), closers);
    const asked = before.length === 0 ? null : await tracedPaths(trace);
    for (const path of strayPaths(asked ?? new Set(), home, trace))
      bench.problems.push(`${path} was asked for`);
    for (const address of before.length === 0 ? [] : await tracedAddresses(trace))
      if (!isLoopback(address)) bench.problems.push(`${address} was called`);
    return {
      pass: bench.problems.length === 0,
      figure: bench.problems.length,
      unit: "files that were loaded, answered or limited otherwise than they must",
      goal: `0 of ${bench.counts.files}`,
      details: { ...bench.counts, ...figures, pathsTraced: asked?.size ?? "nothing was traced" },
      problems: bench.problems.slice(0, shownProblems),
    };
  } finally {
    await closers.close();
  }
};

/**
 * A service that is traced. Where it is, another one runs before it and leaves tables and compiled modules behind,
 * because a start costs most under the tracer.
 */
async function startTraced(
  database: HarnessOptions["database"],
  settings: ReplicaSettings,
  before: readonly string[],
  closers: Closers,
): Promise<{ readonly home: ServiceHome; readonly replica: Replica }> {
  const { home, replicas } = await startServices({ database, replicas: 1, settings }, closers);
  const [first] = replicas;
  if (first === undefined) throw new Error("There is no service.");
  if (before.length === 0) return { home, replica: first };
  await first.kill();
  const replica = await createReplica(home, "traced", settings, before);
  closers.add(replica.kill);
  await replica.start();
  return { home, replica };
}

const isLoopback = (address: string) => address.startsWith("127.") || address === "::1";

async function attack(bench: Bench, pid: number, files: Iterable<HostileFile>, closers: Closers) {
  const { problems } = bench;
  const prober = await probe(bench, closers);
  const memory = watchMemory(pid);
  closers.add(memory.close);
  const before = memory.most.own;
  for (const file of files) {
    await judge(bench, file);
    if (bench.replica.pid() !== pid || prober.isOver()) break;
  }
  await prober.stop();
  const growth = memory.most.own - before;
  if (growth > growthLimitBytes) problems.push(`the service grew by ${Math.round(growth / mebibyte)} MiB`);
  if (memory.most.child > childLimitBytes) {
    problems.push(`a process took ${Math.round(memory.most.child / mebibyte)} MiB`);
  }
  return {
    serviceGrowthMiB: Math.round(growth / mebibyte),
    largestProcessMiB: Math.round(memory.most.child / mebibyte),
  };
}

/** Files with words that nobody may read: one, a symbolic and a hard link to it. */
async function layBait(closers: Closers): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "bedplate-bait-"));
  closers.add(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, "weights"), Buffer.alloc(64, 1));
  await symlink(join(folder, "weights"), join(folder, "symbolic"));
  await link(join(folder, "weights"), join(folder, "hard"));
  return folder;
}

function* filesFor(
  { seed, full: isFull, fault, cases }: HarnessOptions,
  bait: string,
): Generator<HostileFile> {
  const near = relative(process.cwd(), bait);
  const locations = [`${bait}/weights`, `${near}/weights`, `${near}/symbolic`, `${near}/hard`, "/etc/issue"];
  const byHand = hostileFiles(locations);
  if (fault) return yield* byHand.filter(({ what }) => what.includes("without end"));
  const random = seededRandom(seed);
  const wanted = isFull ? full : brief;
  // With a number given, so many of each kind, spread over all of them.
  const step = cases === undefined ? wanted.step : Math.max(1, Math.ceil(byHand.length / cases));
  const first = Math.floor(random() * step);
  yield* byHand.filter((_, at) => at % step === first);
  for (let at = 0; at < (cases ?? wanted.mutations); at++) {
    const answers = [
      "served",
      "MODEL_NOT_ONNX",
      "MODEL_EXTERNAL_DATA",
      "MODEL_UNSUPPORTED",
      "MODEL_TOO_LARGE",
    ];
    yield { what: `mutation ${at}`, bytes: mutatedModel(random), answers };
  }
}

/** On a busy machine even a good model may not be examined in its time. */
const goodTries = 5;

async function serveGood(registrar: Registrar, version: number): Promise<void> {
  for (let left = goodTries; ; left--) {
    const { status, body } = await registrar.promote("good", version);
    if (status === 200) return;
    if (left === 1) throw new Error(`the good model is not served: ${status} ${JSON.stringify(body)}`);
  }
}

/** A good model that must answer all the time. */
async function probe(bench: Bench, closers: Closers) {
  const { registrar, problems, counts } = bench;
  const good = await registrar.register("good", linearModel([1, 10], 0.5));
  await serveGood(registrar, good);
  const body = { inputs: [{ name: "x", shape: [1, 2], datatype: "FP32", data: [3, 4] }] };
  let isOver = false;
  const loop = (async () => {
    while (!isOver) {
      const at = performance.now();
      const answer = await registrar.infer("good", body);
      counts.slowestProbeMs = Math.max(counts.slowestProbeMs, Math.round(performance.now() - at));
      const [output] = (answer.body as { outputs?: readonly { data: readonly number[] }[] }).outputs ?? [];
      if (answer.status !== 200 || output?.data[0] !== 43.5) {
        problems.push(`the good model answered ${answer.status} ${JSON.stringify(answer.body)}`);
        isOver = true;
      }
      await wait(probeIntervalMs);
    }
    if (counts.slowestProbeMs > probeLimitMs)
      problems.push(`the good model took ${counts.slowestProbeMs} ms`);
  })();
  const stop = async () => {
    isOver = true;
    await loop;
  };
  closers.add(stop);
  return { isOver: () => isOver, stop };
}

async function judge(
  { registrar, problems, counts, answerLimitMs }: Bench,
  { what, bytes, answers }: HostileFile,
): Promise<void> {
  counts.files++;
  const version = await registrar.register("hostile", bytes);
  const late = new AbortController();
  const answer = await Promise.race([
    registrar.promote("hostile", version),
    wait(answerLimitMs, null, { signal: late.signal }).catch(() => null),
  ]);
  late.abort();
  if (answer === null) return void problems.push(`${what}: no answer within ${answerLimitMs} ms`);
  const { code, detail, serving } = answer.body as { code?: string; detail?: string; serving?: Serving };
  const given = answer.status === 200 ? "served" : (code ?? "no code");
  if (given === "served") counts.served++;
  else counts.refused++;
  const isDocumented = given === "served" || (Object.hasOwn(errorCodes, given) && typeof detail === "string");
  if (!answers.includes(given) || answer.status >= 500 || !isDocumented) {
    problems.push(
      `${what}: ${answer.status} ${given} ${detail ?? ""} (${bytes.toString("base64").slice(0, 400)})`,
    );
  }
  if (serving?.inputs === undefined) return;
  counts.predictions++;
  const said = await registrar.infer("hostile", requestFor(serving.inputs));
  const wrong = wrongOf(said);
  if (wrong !== null)
    problems.push(`${what}: a prediction: ${wrong} (${bytes.toString("base64").slice(0, 400)})`);
}

interface Serving {
  readonly inputs?: readonly {
    readonly name: string;
    readonly datatype: string;
    readonly shape: readonly number[];
  }[];
}

const mostValues = 1_000;

/** Something like what a model says that it takes; too large shapes are sent with too few values. */
function requestFor(inputs: Required<Serving>["inputs"]): object {
  return {
    inputs: inputs.map(({ name, datatype, shape }) => {
      const full = shape.map((size) => (size === -1 ? 2 : size));
      const size = Math.min(
        mostValues,
        full.reduce((product, one) => product * one, 1),
      );
      const one = datatype === "BYTES" ? "a" : datatype === "BOOL" ? true : -1;
      return {
        name,
        datatype,
        shape: full,
        data: new Array(size).fill(datatype.startsWith("UINT") ? 1 : one),
      };
    }),
  };
}

/** A prediction is given, refused with a code, or fails with the process that made it. */
function wrongOf({ status, body }: { readonly status: number; readonly body: unknown }): string | null {
  if (status === 200) return null;
  const { error, code = "" } = body as { error?: string; code?: string };
  const isDocumented = typeof error === "string" && Object.hasOwn(errorCodes, code);
  const isAllowed = (status >= 400 && status < 500) || status === 503 || status === 504;
  return isDocumented && isAllowed ? null : `${status} ${JSON.stringify(body)}`;
}

/** What every program asks of a machine. */
const ofMachine = [
  "/proc",
  "/sys",
  "/dev",
  "/usr",
  "/lib",
  "/bin",
  "/etc/ld.so",
  "/etc/ssl",
  "/etc/localtime",
  // How names of hosts are resolved.
  "/etc/host.conf",
  "/etc/hosts",
  "/etc/netsvc.conf",
  "/etc/nsswitch.conf",
  "/etc/resolv.conf",
  "/etc/svc.conf",
];

/** Paths outside of the service's folders, its program and the machine's own; `trace` names the file of the trace. */
function strayPaths(asked: ReadonlySet<string>, home: ServiceHome, trace: string): readonly string[] {
  const own = [home.folder, root, dirname(process.execPath), trace];
  const isOwn = (path: string) => own.some((one) => path.startsWith(one) || one.startsWith(`${path}/`));
  return (
    [...asked]
      .map((path) => resolve(path))
      // Node looks for packages, and for the nearest package.json, up to the root.
      .filter(
        (path) =>
          path !== "/" &&
          !/\/(package\.json|node_modules)$/.test(path) &&
          !isOwn(path) &&
          !ofMachine.some((one) => path.startsWith(one) || one.startsWith(`${path}/`)),
      )
  );
}
