import type { ServingStatus } from "@bedplate/contract";
import type { InferenceRequest, Signature, Tensor } from "../domain/tensor.ts";
import { Admission, type AdmissionSettings, type Ticket } from "./admission.ts";
import { rowsOf } from "./batch.ts";
import type { Patience } from "./batch-former.ts";
import { type ChampionParts, type ChampionSettings, Champions, type ListedModel } from "./champions.ts";
import type { VersionAddress } from "./model-source.ts";
import type { VersionStatistics } from "./statistics.ts";

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
   * Lets a request in before its body is read, with as many bytes as it says that it has. Throws MODEL_NOT_SERVED, and
   * TOO_MANY_REQUESTS where there is no room. Who is let in gives the place back.
   */
  readonly admit: (target: InferenceTarget, bytes: number) => Ticket;
  /** Every model with the serving alias, by name. */
  readonly list: () => readonly ListedModel[];
  /** What the versions in memory have done. */
  readonly statistics: () => readonly VersionStatistics[];
  /** Serves a model that was unloaded again. Throws MODEL_NOT_SERVED, or why it cannot be loaded. */
  readonly load: (model: string) => Promise<void>;
  /** Gives a model's memory back until it is loaded or promoted again. Throws MODEL_NOT_SERVED for unknown names. */
  readonly unload: (model: string) => Promise<void>;
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
}

interface HostSettings extends ChampionSettings, AdmissionSettings {
  readonly timeoutMs: number;
  readonly reconcileIntervalMs: number;
}

interface HostParts extends ChampionParts {
  readonly settings: HostSettings;
  readonly metrics: {
    readonly inferenceSeconds: {
      readonly observe: (labels: { model: string; version: string }, seconds: number) => void;
    };
  };
}

const millisecondsPerSecond = 1000;

/** Loads what has the alias in the registry, and follows the registry until closed. */
export async function openModelHost(parts: HostParts): Promise<ModelHost> {
  const { settings, metrics, log } = parts;
  const champions = new Champions(parts);
  const admission = new Admission(settings);
  const inTurn = createTurns();
  let closed = false;

  const follow = () =>
    inTurn(async () => {
      if (!closed) await champions.reconcile();
    }).catch((error: unknown) =>
      log.error({ error }, "what is served could not be compared with the registry"),
    );
  await follow();
  const ticker = startTicker(settings.reconcileIntervalMs, follow);

  return {
    status: (model) => champions.status(model),
    countReady: () => champions.count,
    check: (address) => inTurn(() => champions.check(address)),
    reconcile: () => inTurn(() => champions.reconcile()),
    served: (model, version) => champions.find(model, version).signature(),
    list: () => champions.list(),
    statistics: () => champions.statistics(),
    load: (model) => inTurn(() => champions.resume(model)),
    unload: (model) => inTurn(() => champions.pause(model)),
    admit({ model, version }, bytes) {
      champions.find(model, version);
      return admission.enter(model, bytes);
    },
    async infer({ model, version }, read, by = {}) {
      const served = champions.find(model, version);
      const ticket = by.ticket ?? admission.enter(model, 0);
      try {
        const request = read(served.signature());
        ticket.holdRows(rowsOf(request) ?? 1);
        const before = performance.now();
        const outputs = await served.run(request, patienceOf(request, by, settings.timeoutMs));
        const seconds = (performance.now() - before) / millisecondsPerSecond;
        metrics.inferenceSeconds.observe({ model, version: String(served.version) }, seconds);
        return { version: served.version, outputs, request };
      } finally {
        if (by.ticket === undefined) ticket.release();
      }
    },
    async close() {
      closed = true;
      ticker.close();
      await inTurn(() => champions.close());
    },
  };
}

const stays = () => false;

function patienceOf(
  { timeoutMs: own }: InferenceRequest,
  { timeoutMs, isGone }: Caller,
  limitMs: number,
): Patience {
  const longest = Math.min(own ?? limitMs, timeoutMs ?? limitMs, limitMs);
  return { deadline: performance.now() + longest, isGone: isGone ?? stays };
}

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
