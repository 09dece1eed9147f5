import type { ServingStatus } from "@bedplate/contract";
import { Problem } from "../domain/problem.ts";
import type { InferenceRequest, Signature, Tensor } from "../domain/tensor.ts";
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
   * Throws MODEL_NOT_SERVED, TOO_MANY_REQUESTS over the queue limit, INPUT_INVALID, and whatever `read` throws.
   */
  readonly infer: (
    target: { readonly model: string; readonly version?: string | undefined },
    read: (signature: Signature) => InferenceRequest,
  ) => Promise<InferenceAnswer>;
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

interface HostSettings extends ChampionSettings {
  readonly queueLimit: number;
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
    async infer({ model, version }, read) {
      const served = champions.find(model, version);
      if (served.inFlight >= settings.queueLimit) {
        throw new Problem(
          "TOO_MANY_REQUESTS",
          `"${model}" has ${served.inFlight} requests waiting, which is the limit; try again in a moment.`,
        );
      }
      const request = read(served.signature());
      const before = performance.now();
      const outputs = await served.run(request);
      const seconds = (performance.now() - before) / millisecondsPerSecond;
      metrics.inferenceSeconds.observe({ model, version: String(served.version) }, seconds);
      return { version: served.version, outputs, request };
    },
    async close() {
      closed = true;
      ticker.close();
      await inTurn(() => champions.close());
    },
  };
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
