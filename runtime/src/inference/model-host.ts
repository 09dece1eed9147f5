import type { ErrorCode, ServingStatus } from "@bedplate/contract";
import { Problem } from "../domain/problem.ts";
import type { InferenceCall, Signature, Tensor } from "../domain/tensor.ts";
import type { Executor } from "./executor.ts";
import { inlineExecutor } from "./inline-executor.ts";
import {
  type Artifacts,
  createModelSource,
  type SourceSettings,
  type VersionAddress,
} from "./model-source.ts";
import { ServedVersion } from "./served-version.ts";

/** A prediction, and which version made it. */
export interface InferenceAnswer {
  readonly version: number;
  readonly outputs: ReadonlyMap<string, Tensor>;
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
    read: (signature: Signature) => InferenceCall,
  ) => Promise<InferenceAnswer>;
  /** Ends the comparing with the registry and gives all memory back; requests in flight are answered first. */
  readonly close: () => Promise<void>;
}

/** The champions by model, as the registry has them. */
interface Champions {
  readonly aliased: (alias: string) => Promise<readonly VersionAddress[]>;
}

interface HostSettings extends SourceSettings {
  readonly alias: string;
  readonly modelLimit: number;
  readonly queueLimit: number;
  readonly reconcileIntervalMs: number;
}

interface HostParts {
  readonly registry: Champions;
  readonly artifacts: Artifacts;
  readonly settings: HostSettings;
  readonly clock: () => number;
  readonly metrics: {
    readonly inferenceSeconds: {
      readonly observe: (labels: { model: string; version: string }, seconds: number) => void;
    };
  };
  readonly log: { readonly error: (fields: object, message: string) => void };
  /** Where models run; on this thread when left out. */
  readonly executor?: Executor;
}

interface Refusal {
  readonly version: number;
  /** The bytes that were refused; they are not tried again, others are. Null where a later try may go well. */
  readonly key: string | null;
  readonly code: ErrorCode;
  readonly detail: string;
}

const millisecondsPerSecond = 1000;

/** Loads what has the alias in the registry, and follows the registry until closed. */
export async function openModelHost(parts: HostParts): Promise<ModelHost> {
  const { registry, settings, clock, metrics, log, executor = inlineExecutor } = parts;
  const source = createModelSource(parts.artifacts, settings);
  const serving = new Map<string, ServedVersion>();
  const refusals = new Map<string, Refusal>();
  const loading = new Map<string, number>();
  /** A version that was loaded to be checked; the promotion that follows takes it over. */
  let candidate: ServedVersion | null = null;
  let last: Promise<unknown> = Promise.resolve();
  let closed = false;

  /** One thing at a time: loading is what costs memory and time, and the registry is compared in order. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = last.then(work);
    last = turn.catch(() => {});
    return turn;
  }

  async function load(address: VersionAddress): Promise<ServedVersion> {
    const file = await source.find(address);
    if (candidate?.isOf(address) && candidate.digest === file.digest) {
      const ready = candidate;
      candidate = null;
      return ready;
    }
    const model = await executor.load(await source.read(file));
    return new ServedVersion(address, file.digest, clock(), model);
  }

  async function update(address: VersionAddress): Promise<void> {
    const { model, version } = address;
    if (serving.get(model)?.isOf(address)) {
      refusals.delete(model);
      return;
    }
    const key = await source.find(address).then((file) => file.digest, keyOfRefusal);
    const refusal = refusals.get(model);
    if (refusal?.version === version && refusal.key !== null && refusal.key === key) return;
    try {
      if (!serving.has(model)) requirePlace();
      loading.set(model, version);
      const next = await load(address);
      const previous = serving.get(model);
      serving.set(model, next);
      refusals.delete(model);
      previous?.retire();
    } catch (error) {
      refusals.set(model, refusalOf(error, version, key));
    } finally {
      loading.delete(model);
    }
  }

  function requirePlace(): void {
    if (serving.size < settings.modelLimit) return;
    throw new Problem(
      "CONFLICT",
      `${serving.size} models are served, which is the limit (serving.modelLimit); take the alias ` +
        `"${settings.alias}" from one that is not needed.`,
    );
  }

  function refusalOf(error: unknown, version: number, key: string | null): Refusal {
    if (error instanceof Problem) {
      const fixed = error.code.startsWith("MODEL_");
      return { version, key: fixed ? key : null, code: error.code, detail: error.message };
    }
    log.error({ error }, "a model could not be loaded");
    const detail = "The model could not be read from the object store; it is tried again.";
    return { version, key: null, code: "UNAVAILABLE", detail };
  }

  async function reconcileNow(): Promise<void> {
    if (closed) return;
    const champions = await registry.aliased(settings.alias);
    const wanted = new Set(champions.map((one) => one.model));
    for (const [model, served] of serving) {
      if (wanted.has(model)) continue;
      serving.delete(model);
      served.retire();
    }
    for (const model of refusals.keys()) if (!wanted.has(model)) refusals.delete(model);
    for (const champion of champions) await update(champion);
  }

  function find(model: string, version: string | undefined): ServedVersion {
    const served = serving.get(model);
    if (served === undefined) throw new Problem("MODEL_NOT_SERVED", whyNotServed(model));
    if (version !== undefined && version !== String(served.version)) {
      throw new Problem(
        "MODEL_NOT_SERVED",
        `Version ${version.slice(0, 20)} of "${model}" is not served; version ${served.version} is.`,
      );
    }
    return served;
  }

  function whyNotServed(model: string): string {
    const refusal = refusals.get(model);
    if (refusal !== undefined) {
      return `Version ${refusal.version} of "${model}" cannot be served: ${refusal.detail}`;
    }
    const version = loading.get(model);
    if (version !== undefined)
      return `Version ${version} of "${model}" is being loaded; try again in a moment.`;
    return `No version of "${model}" has the alias "${settings.alias}"; promote one.`;
  }

  const follow = () =>
    inTurn(reconcileNow).catch((error: unknown) =>
      log.error({ error }, "what is served could not be compared with the registry"),
    );
  await follow();
  const ticker = startTicker(settings.reconcileIntervalMs, follow);

  return {
    status(model) {
      const version = loading.get(model);
      if (version !== undefined) return { state: "loading", version };
      const refusal = refusals.get(model);
      const served = serving.get(model);
      if (refusal !== undefined) {
        const still = served === undefined ? "" : ` Version ${served.version} still answers.`;
        return {
          state: "refused",
          version: refusal.version,
          code: refusal.code,
          detail: `${refusal.detail}${still}`,
        };
      }
      return served === undefined ? { state: "none" } : served.status();
    },
    countReady: () => serving.size,
    check: (address) =>
      inTurn(async () => {
        const current = serving.get(address.model);
        if (current?.isOf(address)) return;
        if (current === undefined) requirePlace();
        const loaded = await load(address);
        candidate?.retire();
        candidate = loaded;
      }),
    reconcile: () => inTurn(reconcileNow),
    served: (model, version) => find(model, version).signature(),
    async infer({ model, version }, read) {
      const served = find(model, version);
      if (served.inFlight >= settings.queueLimit) {
        throw new Problem(
          "TOO_MANY_REQUESTS",
          `"${model}" has ${served.inFlight} requests waiting, which is the limit; try again in a moment.`,
        );
      }
      const call = read(served.signature());
      const before = performance.now();
      const outputs = await served.run(call);
      const seconds = (performance.now() - before) / millisecondsPerSecond;
      metrics.inferenceSeconds.observe({ model, version: String(served.version) }, seconds);
      return { version: served.version, outputs };
    },
    async close() {
      closed = true;
      ticker.close();
      await last;
      candidate?.retire();
      candidate = null;
      const all = [...serving.values()];
      serving.clear();
      await Promise.all(all.map((served) => served.retire()));
    },
  };
}

/** What was refused where the file itself could not even be told: the reason stands for its bytes. */
function keyOfRefusal(error: unknown): string | null {
  return error instanceof Problem ? error.message : null;
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
