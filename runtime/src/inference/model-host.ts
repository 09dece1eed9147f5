import type { ServingStatus } from "@bedplate/contract";
import type { RequestSpan } from "../domain/prediction-span.ts";
import { Problem } from "../domain/problem.ts";
import type { InferenceRequest, Signature, Tensor } from "../domain/tensor.ts";
import type { RoutedRequest } from "../domain/traffic-assignment.ts";
import { Admission, type AdmissionSettings, type Ticket } from "./admission.ts";
import { rowsOf } from "./batch.ts";
import type { Patience } from "./batch-former.ts";
import { Challengers } from "./challengers.ts";
import { type ChampionParts, type ChampionSettings, Champions, type ListedModel } from "./champions.ts";
import type { LiveRollout } from "./live-rollout.ts";
import type { VersionAddress } from "./model-source.ts";
import type { RolloutTally } from "./rollout-tally.ts";
import type { ServedVersion } from "./served-version.ts";
import type { ShadowSettings } from "./shadow-queue.ts";
import type { VersionStatistics } from "./statistics.ts";
import type { Tracer } from "./tracer.ts";
import { type ActiveRollout, type RefusedCandidate, Traffic } from "./traffic.ts";
import { type LoaderParts, VersionLoader } from "./version-loader.ts";

/** A prediction, and which version made it. */
export interface InferenceAnswer {
  readonly version: number;
  readonly outputs: ReadonlyMap<string, Tensor>;
  readonly request: InferenceRequest;
}

/** What answers for a model now. */
export interface ServedModel extends Signature {
  readonly version: number;
}

/** Keeps the champions loaded and answers predictions. */
export interface ModelHost {
  readonly status: (model: string) => ServingStatus;
  readonly countReady: () => number;
  /** Loads what a version holds and throws a `Problem` when it cannot be served; nothing that is served changes. */
  readonly check: (version: VersionAddress) => Promise<void>;
  /** Compares what is served with the registry now, instead of at the next interval. */
  readonly reconcile: () => Promise<void>;
  /** What answers for a model. Throws MODEL_NOT_SERVED when nothing does, or another version than the one named. */
  readonly served: (model: string, version?: string) => ServedModel;
  /**
   * Runs one prediction. `read` gets the signature of the version that will run, once the request has a place.
   * Throws MODEL_NOT_SERVED, TOO_MANY_REQUESTS, INPUT_INVALID, DEADLINE_EXCEEDED, CANCELLED, UNAVAILABLE where what ran
   * it broke, and whatever `read` throws.
   */
  readonly infer: (
    target: InferenceTarget,
    read: (signature: Signature) => InferenceRequest,
    by?: Caller,
  ) => Promise<InferenceAnswer>;
  /**
   * Lets a request in before its body is read, with as many bytes as it says that it has and the time that its head
   * gives it. Throws MODEL_NOT_SERVED, and TOO_MANY_REQUESTS where there is no room or it would have to wait too long.
   * Who is let in gives the place back.
   */
  readonly admit: (target: InferenceTarget, bytes: number, timeoutMs?: number) => Ticket;
  /** Every model with the serving alias, by name. */
  readonly list: () => readonly ListedModel[];
  /** What the versions in memory have done. */
  readonly statistics: () => readonly VersionStatistics[];
  /** Serves a model that was unloaded again. Throws MODEL_NOT_SERVED, or why it cannot be loaded. */
  readonly load: (model: string) => Promise<void>;
  /** Gives a model's memory back until it is loaded or promoted again. Throws MODEL_NOT_SERVED for unknown names. */
  readonly unload: (model: string) => Promise<void>;
  /** Whether a version is in memory here, as champion or beside it. */
  readonly isLoaded: (model: string, version: number) => boolean;
  /** What rollouts counted here and was not told yet. */
  readonly tally: Pick<RolloutTally, "take" | "giveBack">;
  /** Rollouts with a candidate that cannot be loaded. */
  readonly refused: () => readonly RefusedCandidate[];
  /** Ends the comparing with the registry and gives all memory back; requests in flight are answered first. */
  readonly close: () => Promise<void>;
}

/** Which model is asked, and which version where one is named. */
interface InferenceTarget {
  readonly model: string;
  readonly version?: string | undefined;
}

/** Who asks, as far as it matters for how long to wait. */
export interface Caller {
  /** The place that the request has already; it stays the caller's to give back. */
  readonly ticket?: Ticket;
  readonly timeoutMs?: number;
  readonly isGone?: () => boolean;
  /** The request's id in this service, and its headers: by them a rollout may choose the version. */
  readonly requestId?: string;
  readonly header?: (name: string) => string | undefined;
}

interface RolloutSettings extends ShadowSettings {
  readonly pollIntervalMs: number;
}

interface HostSettings extends ChampionSettings, AdmissionSettings {
  readonly timeoutMs: number;
  readonly reconcileIntervalMs: number;
}

interface HostParts extends ChampionParts, LoaderParts {
  readonly settings: HostSettings & LoaderParts["settings"];
  /** Rollouts that are under way; none when left out. */
  readonly rollouts?: {
    readonly settings: RolloutSettings;
    readonly active: () => Promise<readonly ActiveRollout[]>;
  };
  readonly metrics: LoaderParts["metrics"] & {
    readonly inferenceSeconds: {
      readonly observe: (labels: { model: string; version: string }, seconds: number) => void;
    };
  };
}

const millisecondsPerSecond = 1000;

/** Loads what has the alias in the registry, and follows the registry and its rollouts until closed. */
export async function openModelHost(parts: HostParts): Promise<ModelHost> {
  const { settings, log, tracer } = parts;
  const versions = openVersions(parts);
  const { champions, challengers, traffic, admission } = versions;
  const inTurn = createTurns();
  let closed = false;

  const reconcile = () => inTurn(() => versions.reconcile());
  const follow = (work: () => Promise<void>) => () =>
    inTurn(async () => {
      if (!closed) await work();
    }).catch((error: unknown) =>
      log.error({ error }, "what is served could not be compared with the registry"),
    );
  await follow(versions.reconcile)();
  const tickers = [
    startTicker(settings.reconcileIntervalMs, follow(versions.reconcile)),
    ...(parts.rollouts === undefined
      ? []
      : [startTicker(parts.rollouts.settings.pollIntervalMs, follow(versions.followRollouts))]),
  ];

  return {
    status: (model) => champions.status(model),
    countReady: () => champions.count,
    check: (address) => inTurn(() => champions.check(address)),
    reconcile,
    served: (model, version) => versions.find(model, version).signature(),
    list: () => champions.list(),
    statistics: () => [...champions.statistics(), ...challengers.statistics()],
    load: (model) => inTurn(() => champions.resume(model)),
    unload: (model) => inTurn(() => champions.pause(model)),
    isLoaded: (model, version) =>
      champions.current(model)?.version === version || challengers.find(model, version) !== null,
    tally: traffic.tally,
    refused: () => traffic.refused(),
    admit({ model, version }, bytes, timeoutMs) {
      const { pace } = versions.find(model, version);
      return admission.enter(model, bytes, { pace, timeoutMs });
    },
    infer: tracer === undefined ? predictor(parts, versions) : traced(tracer, predictor(parts, versions)),
    async close() {
      closed = true;
      for (const ticker of tickers) ticker.close();
      await inTurn(() => versions.close());
    },
  };
}

/** A caller, and the span of the request where its trace is kept. */
interface TracedCaller extends Caller {
  readonly span?: RequestSpan;
}

type Predict = (
  target: InferenceTarget,
  read: (signature: Signature) => InferenceRequest,
  by?: TracedCaller,
) => Promise<InferenceAnswer>;

/** What runs one prediction, from its place in the queue to its answer. */
function predictor(
  { settings, metrics }: HostParts,
  { find, admission, traffic }: ReturnType<typeof openVersions>,
): Predict {
  return async ({ model, version }, read, by = {}) => {
    const champion = find(model, version);
    const ticket = by.ticket ?? admission.enter(model, 0, { pace: champion.pace });
    try {
      const request = read(champion.signature());
      const longestMs = Math.min(
        request.timeoutMs ?? settings.timeoutMs,
        by.timeoutMs ?? settings.timeoutMs,
        settings.timeoutMs,
      );
      ticket.holdRows(rowsOf(request) ?? 1, longestMs);
      const patience = { deadline: performance.now() + longestMs, isGone: by.isGone ?? stays, span: by.span };
      const live = version === undefined ? traffic.of(model) : undefined;
      const before = performance.now();
      const { version: ran, outputs } =
        live === undefined
          ? { version: champion.version, outputs: await champion.run(request, patience) }
          : await runRouted(live, champion, { ...request, ...routeOf(by) }, patience);
      const seconds = (performance.now() - before) / millisecondsPerSecond;
      metrics.inferenceSeconds.observe({ model, version: String(ran) }, seconds);
      return { version: ran, outputs, request };
    } finally {
      if (by.ticket === undefined) ticket.release();
    }
  };
}

/** Tells of each request that belongs to a trace, whatever comes of it. */
function traced(tracer: Tracer, predict: Predict): ModelHost["infer"] {
  return async (target, read, by = {}) => {
    const span = tracer.begin(by.header ?? noHeaders);
    if (span === undefined) return await predict(target, read, by);
    const { model } = target;
    try {
      const answer = await predict(target, read, { ...by, span });
      const { version, request } = answer;
      tracer.request(span, { model, version, rows: rowsOf(request), error: null });
      return answer;
    } catch (error) {
      const code = error instanceof Problem ? error.code : "INTERNAL";
      tracer.request(span, { model, version: null, rows: null, error: code });
      throw error;
    }
  };
}

type Ran = Omit<InferenceAnswer, "request">;

/** Runs a request on the version that a rollout chooses, and has it counted. */
async function runRouted(
  live: LiveRollout,
  champion: ServedVersion,
  request: InferenceRequest & RoutedRequest,
  patience: Patience,
): Promise<Ran> {
  const served = live.choose(champion, request);
  const before = performance.now();
  try {
    const outputs = await served.run(request, patience);
    live.answered(served.version, performance.now() - before, request, outputs);
    return { version: served.version, outputs };
  } catch (error) {
    live.failed(served.version, error);
    throw error;
  }
}

const noHeaders = () => undefined;
const ownIds = `${process.pid} ${Date.now()}`;
let lastId = 0;

/** What a rollout may choose by; a request without an id is told apart all the same. */
const routeOf = ({ requestId, header }: Caller) => ({
  requestId: requestId ?? `${ownIds} ${++lastId}`,
  header: header ?? noHeaders,
});

const noRollouts = {
  active: async () => [],
  settings: { shadowQueueLimit: 1, shadowQueueBytes: 1, shadowMaxAgeMs: 1, shadowDutyPercent: 100 },
};

/** The champions, what is held beside them, and who answers what. */
function openVersions(parts: HostParts) {
  const { active, settings } = parts.rollouts ?? noRollouts;
  const challengers = new Challengers();
  const loader = new VersionLoader(parts, challengers.isHeld);
  challengers.loadWith(loader);
  const champions = new Champions(parts, loader, challengers);
  const admission = new Admission(parts.settings);
  const traffic = new Traffic({ challengers, settings, isBusy: () => admission.total > 0 });

  /** Versions of rollouts are named before champions change, so that what becomes or was champion is not let go. */
  async function carryOut(rollouts: readonly ActiveRollout[]): Promise<void> {
    traffic.want(rollouts, (model) => champions.current(model)?.signature() ?? null);
    await champions.reconcile();
    await challengers.settle((address) => champions.current(address.model)?.isOf(address) === true);
    traffic.replace(rollouts);
  }

  return {
    ...{ champions, challengers, traffic, admission },
    reconcile: async () => carryOut(await active()),
    /** Does nothing while rollouts are as they were; what could not be loaded is tried again by `reconcile`. */
    async followRollouts(): Promise<void> {
      const rollouts = await active();
      if (!traffic.isSame(rollouts)) await carryOut(rollouts);
    },
    /** What answers under a version's number: the champion, or one that a rollout holds beside it. */
    find(model: string, version: string | undefined): ServedVersion {
      const isOther = version !== undefined && version !== String(champions.current(model)?.version);
      const beside = isOther ? challengers.find(model, Number(version)) : null;
      return beside !== null && String(beside.version) === version ? beside : champions.find(model, version);
    },
    async close(): Promise<void> {
      traffic.close();
      await challengers.close();
      await champions.close();
    },
  };
}

const stays = () => false;

/** One thing at a time: loading is what costs memory and time, and the registry is compared in order. */
function createTurns(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const turn = last.then(work);
    last = turn.catch(() => {});
    return turn;
  };
}

/** Runs a task again and again, with the interval between the end of one and the start of the next. */
function startTicker(intervalMs: number, task: () => Promise<void>): { close: () => void } {
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  const schedule = () => {
    timer = setTimeout(async () => {
      await task();
      if (!closed) schedule();
    }, intervalMs);
    timer.unref();
  };
  schedule();
  return {
    close: () => {
      closed = true;
      clearTimeout(timer);
    },
  };
}
