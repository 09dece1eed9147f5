import type { PredictionLabel, PredictionQuery, Settings } from "@bedplate/contract";
import type { Metrics } from "../ops/metrics.ts";
import type { ArtifactStore } from "../store/artifact-store.ts";
import type { Database } from "../store/database.ts";
import { createPredictionStore } from "../store/prediction-store.ts";
import { openPredictionLog, type PredictionLog } from "./prediction-log.ts";
import { writePredictionPage } from "./prediction-page.ts";

/** Predictions that are kept, read back, and labelled. */
export interface Predictions extends PredictionLog {
  /** One page of what was kept of a model, as JSON. */
  readonly page: (model: string, query: PredictionQuery) => Promise<string>;
  /** Says what turned out to be true; returns how many labels changed. */
  readonly label: (model: string, labels: readonly PredictionLabel[], actor: string) => Promise<number>;
}

interface PredictionParts {
  readonly db: Database;
  readonly artifacts: ArtifactStore;
  readonly settings: Pick<Settings, "predictionLog" | "stack">;
  readonly clock: () => number;
  readonly metrics: Metrics;
  readonly log: { readonly warn: (fields: object, message: string) => void };
}

export function openPredictions(parts: PredictionParts): Predictions {
  const { db, artifacts, settings, clock, metrics, log } = parts;
  const store = createPredictionStore(db, artifacts, clock);
  const { predictionLog, stack } = settings;
  return {
    ...openPredictionLog({ settings: predictionLog, stack, store, metrics, clock, log }),
    page: (model, query) => writePredictionPage(store, model, query, predictionLog.readFilesLimit),
    label: store.label,
  };
}
