import type { Executor } from "./executor.ts";
import { inlineExecutor } from "./inline-executor.ts";
import {
  type Artifacts,
  createModelSource,
  type ModelSource,
  type SourceSettings,
  type StoredFile,
  type VersionAddress,
} from "./model-source.ts";
import { estimateMemory, Residence } from "./residence.ts";
import { ServedVersion } from "./served-version.ts";
import type { VersionMeters } from "./statistics.ts";
import type { Tracer } from "./tracer.ts";

interface LoaderSettings extends SourceSettings {
  /** Memory for models, in bytes. */
  readonly memoryBytes: number;
  /** Names of models that stay in memory, comma-separated. */
  readonly pinned: string;
}

/** Gives what observes for a version. */
interface Distribution {
  readonly of: (labels: { model: string; version: string }) => (value: number) => void;
}

export interface LoaderParts {
  readonly artifacts: Artifacts;
  readonly settings: LoaderSettings;
  readonly clock: () => number;
  readonly metrics: Readonly<
    Record<"inferenceQueueSeconds" | "inferenceBatchRows" | "inferenceExecutorSeconds", Distribution>
  >;
  readonly tracer?: Tracer | undefined;
  /** Throws a `Problem` for a version that may not be loaded, because its signature does not hold for one. */
  readonly admit?: (address: VersionAddress) => Promise<void>;
  /** Where models run; on this thread when left out. */
  readonly executor?: Executor;
  /** Told of each model that is put out of memory for others. */
  readonly onPutOut?: () => void;
}

/** Brings versions into memory, all under one limit. */
export class VersionLoader {
  readonly #parts: LoaderParts;
  readonly #source: ModelSource;
  readonly #executor: Executor;
  readonly #residence: Residence;
  readonly #isPinned: (model: string) => boolean;

  /** `isHeld` says of a model that all of its versions in memory must stay there, beside those that are pinned by name. */
  constructor(parts: LoaderParts, isHeld: (model: string) => boolean) {
    this.#parts = parts;
    this.#source = createModelSource(parts.artifacts, parts.settings);
    this.#executor = parts.executor ?? inlineExecutor;
    this.#residence = new Residence(parts.settings.memoryBytes, parts.onPutOut);
    const pinned = new Set(parts.settings.pinned.split(",").map((name) => name.trim()));
    this.#isPinned = (model) => pinned.has(model) || isHeld(model);
  }

  /** The ONNX file of a version. Throws why there is none that can be served. */
  async find(address: VersionAddress): Promise<StoredFile> {
    return await this.#source.find(address);
  }

  /** Loads a version and runs it once. Throws why it cannot be. */
  async open(address: VersionAddress, file: StoredFile): Promise<ServedVersion> {
    await this.#parts.admit?.(address);
    return await ServedVersion.open({
      address,
      digest: file.digest,
      estimatedBytes: estimateMemory(file.size),
      isPinned: () => this.#isPinned(address.model),
      load: () => this.#executor.load({ ...file, read: () => this.#source.read(file) }),
      residence: this.#residence,
      clock: this.#parts.clock,
      meters: this.#metersOf(address),
      tracer: this.#parts.tracer,
    });
  }

  #metersOf({ model, version }: VersionAddress): VersionMeters {
    const { inferenceQueueSeconds, inferenceBatchRows, inferenceExecutorSeconds } = this.#parts.metrics;
    const labels = { model, version: String(version) };
    return {
      queueSeconds: inferenceQueueSeconds.of(labels),
      batchRows: inferenceBatchRows.of(labels),
      executorSeconds: inferenceExecutorSeconds.of(labels),
    };
  }
}
