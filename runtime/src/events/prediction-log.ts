import { readFile } from "node:fs/promises";
import type { Settings } from "@bedplate/contract";
import { toEvents } from "../domain/prediction-event.ts";
import { bytesOf, isSampled, type Prediction, toRecord } from "../domain/prediction-record.ts";
import type { Metrics } from "../ops/metrics.ts";
import { startCollection } from "../store/artifact-collection.ts";
import type { LoggedModel, PredictionStore } from "../store/prediction-store.ts";
import { writePredictionFile } from "./prediction-file.ts";
import { PredictionQueue } from "./prediction-queue.ts";

/** Keeps a sample of predictions, beside their answers and never before them. */
export interface PredictionLog {
  /** Whether a prediction of a model is to be kept; decided anew for each. */
  readonly wants: (model: string) => boolean;
  /** Takes a prediction that is wanted. Never throws and never waits. */
  readonly add: (prediction: Prediction) => void;
  /** Reads the models' tags now, instead of at the next interval. */
  readonly follow: () => Promise<void>;
  /** Writes what waits now. */
  readonly flush: () => Promise<void>;
  readonly close: () => Promise<void>;
}

interface LogParts {
  readonly settings: Settings["predictionLog"];
  readonly stack: string;
  readonly store: PredictionStore;
  readonly metrics: Pick<Metrics, "predictionsLoggedTotal" | "predictionsLostTotal">;
  readonly clock: () => number;
  readonly log: { readonly warn: (fields: object, message: string) => void };
}

interface Wanted {
  readonly prediction: Prediction;
  readonly model: LoggedModel;
}

/** Predictions that are sent to the receiver before the queue is looked at again. */
const eventsPerBatch = 100;
const eventsIntervalMs = 500;

/** Opens the log. The models that ask for it are looked up again and again. */
export function openPredictionLog(parts: LogParts): PredictionLog {
  const { settings, store, clock, log } = parts;
  let models: ReadonlyMap<string, LoggedModel> = new Map();
  const files = queueOf(parts, "parquet", {
    batch: { items: settings.fileRows, bytes: settings.fileBytes, intervalMs: settings.fileIntervalMs },
    write: (wanted) => writeFiles(store, wanted),
  });
  const events =
    settings.url === undefined
      ? null
      : queueOf(parts, "events", {
          batch: { items: eventsPerBatch, bytes: settings.fileBytes, intervalMs: eventsIntervalMs },
          write: sender(parts, settings.url),
        });

  const follow = async () => {
    models = settings.enabled ? await store.logged() : new Map();
  };
  const report = (error: unknown) => log.warn({ error }, "the prediction log could not be looked after");
  const followed = startCollection({ collect: follow }, settings.reconcileIntervalMs, report);
  const forget = () => store.forget(clock() - settings.retentionMs);
  const swept = startCollection({ collect: forget }, settings.sweepIntervalMs, report);
  const queues = events === null ? [files] : [files, events];

  return {
    wants(model) {
      const fraction = models.get(model)?.fraction;
      return fraction !== undefined && isSampled(fraction, Math.random());
    },
    add(prediction) {
      const model = models.get(prediction.model);
      if (model === undefined) return;
      const bytes = bytesOf(prediction);
      for (const queue of queues) queue.add({ prediction, model }, bytes);
    },
    follow,
    flush: async () => void (await Promise.all(queues.map((queue) => queue.flush()))),
    async close() {
      await swept.close();
      await followed.close();
      await Promise.all(queues.map((queue) => queue.close()));
    },
  };
}

type Rest = Pick<ConstructorParameters<typeof PredictionQueue<Wanted>>[0], "batch" | "write">;

function queueOf({ settings, metrics, log }: LogParts, sink: string, { batch, write }: Rest) {
  return new PredictionQueue<Wanted>({
    settings,
    batch,
    async write(wanted) {
      await write(wanted);
      metrics.predictionsLoggedTotal.inc({ sink }, wanted.length);
    },
    onLost: (reason, count) => metrics.predictionsLostTotal.inc({ sink, reason }, count),
    report: (error) =>
      log.warn({ error, sink }, "predictions could not be written; they wait for the next try"),
  });
}

const millisecondsPerDay = 86_400_000;

/** A file for each model and day. A try that fails after some of them writes those again: rows are told apart by id. */
async function writeFiles(store: PredictionStore, wanted: readonly Wanted[]): Promise<void> {
  const groups = Map.groupBy(
    wanted,
    ({ prediction, model }) => `${model.folder}/${Math.floor(prediction.time / millisecondsPerDay)}`,
  );
  for (const group of groups.values()) {
    const [first] = group;
    if (first === undefined) continue;
    const bytes = await writePredictionFile(group.map(({ prediction }) => prediction));
    await store.keep(first.model, first.prediction.time, bytes);
  }
}

/** Sends CloudEvents one after another, so that a receiver has them in order. */
function sender({ settings, stack }: LogParts, url: string): (wanted: readonly Wanted[]) => Promise<void> {
  const source = `urn:bedplate:${stack}`;
  return async (wanted) => {
    const token =
      settings.tokenFile === undefined ? null : (await readFile(settings.tokenFile, "utf8")).trim();
    for (const { prediction, model } of wanted) {
      for (const { headers, body } of toEvents(toRecord(prediction), source, model.team)) {
        const answer = await fetch(url, {
          method: "POST",
          headers: { ...headers, ...(token === null ? {} : { authorization: `Bearer ${token}` }) },
          body,
          redirect: "error",
          signal: AbortSignal.timeout(settings.timeoutMs),
        });
        await answer.body?.cancel();
        if (!answer.ok) throw new Error(`the receiver of predictions answered ${answer.status}`);
      }
    }
  };
}
