import { arch, availableParallelism, cpus } from "node:os";
import onnxruntime from "onnxruntime-node/package.json" with { type: "json" };
import { type ModelProfile, placeOf } from "../domain/model-profile.ts";
import { examineModel } from "./examine-model.ts";
import type { Executor, LoadedModel, ModelFile } from "./executor.ts";
import { madeUpCall } from "./made-up-values.ts";
import { openSession } from "./onnx-session.ts";
import { estimateMemory } from "./residence.ts";
import { runsPerWorker, WorkerPool } from "./worker-pool.ts";

/** Keeps what was measured of models, by the digest of their files. */
export interface ProfileStore {
  readonly get: (digest: string) => Promise<ModelProfile | null>;
  readonly put: (digest: string, profile: ModelProfile) => Promise<void>;
}

export interface EngineSettings {
  /** Processes for models that are not run inline; 0 is as many as there are cores. */
  readonly workers: number;
  readonly loadTimeoutMs: number;
  readonly runTimeoutMs: number;
  readonly examineTimeoutMs: number;
  readonly processMemoryBytes: number;
  readonly batchRows: number;
  readonly inlineBatchMicroseconds: number;
}

interface EngineParts {
  readonly settings: EngineSettings;
  readonly profiles: ProfileStore;
  readonly log: { readonly warn: (fields: object, message: string) => void };
}

export interface Engine extends Executor {
  /** Processes that run models now. */
  readonly pids: () => readonly number[];
  readonly close: () => Promise<void>;
}

/** A larger model is not loaded on the service's own thread: that takes longer than a moment. */
const inlineFileBytes = 4 * 1024 * 1024;
const microsecondsPerMillisecond = 1_000;
/** Memory that measuring takes by itself. */
const measuringBytes = 32 * 1024 * 1024;

/**
 * Runs each model where it costs least: on this thread where a full batch takes a fraction of a millisecond, else in
 * supervised processes. A model that was never seen is examined in a throw-away process first; what was measured is
 * kept. A model is run once before it counts as loaded.
 */
export function openEngine({ settings, profiles, log }: EngineParts): Engine {
  const workers = settings.workers > 0 ? settings.workers : availableParallelism();
  const pool = new WorkerPool({ ...settings, workers }, log);
  const budget = {
    inlineBatchMs: settings.inlineBatchMicroseconds / microsecondsPerMillisecond,
    inlineFileBytes,
  };

  async function profileOf(file: ModelFile): Promise<ModelProfile> {
    const known = await profiles.get(file.digest);
    if (known !== null) return known;
    const measured = await examineModel(await file.read(), settings);
    await profiles.put(file.digest, measured);
    return measured;
  }

  async function open(file: ModelFile, profile: ModelProfile): Promise<LoadedModel> {
    const memoryBytes = memoryOf(file, profile);
    if (placeOf(profile, file.size, budget) === "inline") {
      return { ...(await openSession(await file.read())), profile, slots: 1, parallel: 1, memoryBytes };
    }
    const model = await pool.load(file, profile);
    const slots = workers * runsPerWorker;
    return { ...model, profile, slots, parallel: workers, memoryBytes: workers * memoryBytes };
  }

  return {
    async load(file) {
      const profile = await profileOf(file);
      const model = await open(file, profile);
      await warmUp(model);
      return model;
    },
    pids: () => pool.pids,
    close: () => pool.close(),
  };
}

/** What measurements depend on beside the model: the processor and the library's version. */
export const machineName = () => `${arch()} ${cpus()[0]?.model ?? "?"} onnxruntime ${onnxruntime.version}`;

/** What one copy of a model takes. Small ones cannot be measured: the process that measures them moves by more. */
function memoryOf({ size }: ModelFile, { memoryBytes }: ModelProfile): number {
  return Math.max(estimateMemory(size), memoryBytes - measuringBytes);
}

/** The first run of a session is slower than the others; no caller should meet it. */
async function warmUp(model: LoadedModel): Promise<void> {
  const { batch, batchMs } = model.profile;
  const call = batchMs === null ? null : madeUpCall(model, batch?.minRows ?? 1);
  if (call === null) return;
  await Promise.all(Array.from({ length: model.slots }, () => model.run(call)));
}
