import type { ServingStatus } from "@bedplate/contract";
import { type Pace, unknownPace } from "../domain/expected-wait.ts";
import { Problem } from "../domain/problem.ts";
import type { InferenceCall, Signature, Tensor } from "../domain/tensor.ts";
import { BatchFormer, type Patience, type RanBatch } from "./batch-former.ts";
import type { LoadedModel } from "./executor.ts";
import type { VersionAddress } from "./model-source.ts";
import { PaceMeter } from "./pace-meter.ts";
import type { Residence, Resident } from "./residence.ts";
import { Statistics, type VersionMeters, type VersionStatistics } from "./statistics.ts";
import type { Tracer } from "./tracer.ts";

interface VersionParts {
  readonly address: VersionAddress;
  readonly digest: string;
  /** What it takes in memory, as far as it is known before it is loaded. */
  readonly estimatedBytes: number;
  /** Whether it must stay in memory now. */
  readonly isPinned: () => boolean;
  readonly load: () => Promise<LoadedModel>;
  readonly residence: Residence;
  readonly clock: () => number;
  readonly meters?: VersionMeters | undefined;
  readonly tracer?: Tracer | undefined;
}

interface InMemory {
  readonly model: LoadedModel;
  readonly batches: BatchFormer;
}

/**
 * A version that is served. It is loaded once to begin with; later it may be put out of memory while nobody asks for
 * it, and comes back with the next request. Its memory is given back for good when it is retired and its last request
 * is answered.
 */
export class ServedVersion implements Resident {
  readonly #parts: VersionParts;
  readonly #signature: Signature;
  readonly #statistics: Statistics;
  readonly #drained = Promise.withResolvers<void>();
  readonly loadedAt: number;
  #bytes: number;
  #pace: PaceMeter | null = null;
  #inMemory: InMemory | null = null;
  #loading: Promise<InMemory> | null = null;
  #inFlight = 0;
  #retired = false;

  private constructor(parts: VersionParts, signature: Signature) {
    this.#parts = parts;
    this.#signature = signature;
    this.#bytes = parts.estimatedBytes;
    this.#statistics = new Statistics(parts.clock, parts.meters);
    this.loadedAt = parts.clock();
  }

  /** Loads a version. Throws why it cannot be. */
  static async open(parts: VersionParts): Promise<ServedVersion> {
    // It must be known to the residence before it is there; what it takes and gives is known afterwards.
    const signature: { inputs: Signature["inputs"]; outputs: Signature["outputs"] } = {
      inputs: [],
      outputs: [],
    };
    const version = new ServedVersion(parts, signature);
    const { model } = await version.#load();
    signature.inputs = model.inputs;
    signature.outputs = model.outputs;
    return version;
  }

  get isPinned(): boolean {
    return this.#parts.isPinned();
  }

  get isIdle(): boolean {
    return this.#inFlight === 0;
  }

  get digest(): string {
    return this.#parts.digest;
  }

  get model(): string {
    return this.#parts.address.model;
  }

  get version(): number {
    return this.#parts.address.version;
  }

  /** How fast its rows are done with, also while it is out of memory. */
  get pace(): Pace {
    return this.#pace ?? unknownPace;
  }

  /** Whether it was made from this very version; a name and a number can come back with other files. */
  isOf(address: VersionAddress): boolean {
    const { model, version, artifactPath } = this.#parts.address;
    return model === address.model && version === address.version && artifactPath === address.artifactPath;
  }

  signature(): Signature & { readonly version: number } {
    return { version: this.version, inputs: this.#signature.inputs, outputs: this.#signature.outputs };
  }

  status(): ServingStatus {
    const { inputs, outputs } = this.#signature;
    return {
      state: "ready",
      version: this.version,
      digest: this.digest,
      loadedAt: this.loadedAt,
      inputs: [...inputs],
      outputs: [...outputs],
    };
  }

  statistics(): VersionStatistics {
    return this.#statistics.read(this.#parts.address.model, this.version);
  }

  async run(call: InferenceCall, patience: Patience): Promise<ReadonlyMap<string, Tensor>> {
    this.#inFlight++;
    const before = performance.now();
    try {
      const { batches } = this.#inMemory ?? (await this.#load());
      this.#parts.residence.touch(this);
      const outputs = await batches.run(call, patience);
      this.#statistics.request("success", performance.now() - before);
      return outputs;
    } catch (error) {
      const isGone = error instanceof Problem && error.code === "CANCELLED";
      this.#statistics.request(isGone ? "cancel" : "fail", performance.now() - before);
      throw error;
    } finally {
      this.#inFlight--;
      this.#releaseWhenDone();
    }
  }

  async putOut(): Promise<void> {
    const inMemory = this.#inMemory;
    this.#inMemory = null;
    await inMemory?.model.release();
  }

  /** Takes no new request; resolves when the memory is given back. */
  async retire(): Promise<void> {
    if (!this.#retired) {
      this.#retired = true;
      this.#releaseWhenDone();
    }
    await this.#drained.promise;
  }

  #traceBatch(): ((batch: RanBatch) => void) | undefined {
    const { model, version } = this;
    const { tracer } = this.#parts;
    return tracer && (({ startedAt, ...ran }) => tracer.batch(startedAt, { model, version, ...ran }));
  }

  /** Loads once, however many ask for it meanwhile. */
  #load(): Promise<InMemory> {
    const load = async () => {
      const model = await this.#parts.load();
      this.#bytes = model.memoryBytes;
      this.#pace ??= new PaceMeter(model);
      const parts = { statistics: this.#statistics, pace: this.#pace, onBatch: this.#traceBatch() };
      this.#inMemory = { model, batches: new BatchFormer(model, parts) };
      return { ...this.#inMemory, memoryBytes: model.memoryBytes };
    };
    this.#loading ??= this.#parts.residence.letIn(this, this.#bytes, load).finally(() => {
      this.#loading = null;
    });
    return this.#loading;
  }

  #releaseWhenDone(): void {
    if (!this.#retired || this.#inFlight > 0) return;
    this.#parts.residence.leave(this);
    this.#drained.resolve(this.putOut());
  }
}
