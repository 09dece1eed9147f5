import type { ServingStatus } from "@bedplate/contract";
import type { InferenceCall, Signature, Tensor } from "../domain/tensor.ts";
import type { LoadedModel } from "./executor.ts";
import type { VersionAddress } from "./model-source.ts";
import { Statistics, type VersionStatistics } from "./statistics.ts";

/** A loaded version; its memory is given back when it is retired and its last request is answered. */
export class ServedVersion {
  readonly address: VersionAddress;
  readonly digest: string;
  readonly loadedAt: number;
  readonly #loaded: LoadedModel;
  readonly #statistics = new Statistics(Date.now);
  readonly #drained = Promise.withResolvers<void>();
  #inFlight = 0;
  #retired = false;

  constructor(address: VersionAddress, digest: string, loadedAt: number, loaded: LoadedModel) {
    this.address = address;
    this.digest = digest;
    this.loadedAt = loadedAt;
    this.#loaded = loaded;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get version(): number {
    return this.address.version;
  }

  /** Whether it was made from this very version; a name and a number can come back with other files. */
  isOf(address: VersionAddress): boolean {
    const { model, version, artifactPath } = this.address;
    return model === address.model && version === address.version && artifactPath === address.artifactPath;
  }

  signature(): Signature & { readonly version: number } {
    return { version: this.version, inputs: this.#loaded.inputs, outputs: this.#loaded.outputs };
  }

  status(): ServingStatus {
    const { inputs, outputs } = this.#loaded;
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
    return this.#statistics.read(this.address.model, this.version);
  }

  async run(call: InferenceCall): Promise<ReadonlyMap<string, Tensor>> {
    this.#inFlight++;
    const before = performance.now();
    try {
      const outputs = await this.#loaded.run(call);
      const infer = performance.now() - before;
      this.#statistics.batch(rowsOf(call), { input: 0, infer, output: 0 });
      this.#statistics.request("success", infer);
      return outputs;
    } catch (error) {
      this.#statistics.request("fail", performance.now() - before);
      throw error;
    } finally {
      this.#inFlight--;
      this.#releaseWhenDone();
    }
  }

  /** Takes no new request; resolves when the memory is given back. */
  async retire(): Promise<void> {
    if (!this.#retired) {
      this.#retired = true;
      this.#releaseWhenDone();
    }
    await this.#drained.promise;
  }

  #releaseWhenDone(): void {
    if (this.#retired && this.#inFlight === 0) this.#drained.resolve(this.#loaded.release());
  }
}

/** Rows are counted along the first input's first dimension; a call without one is one row. */
function rowsOf({ inputs }: InferenceCall): number {
  const [first] = inputs.values();
  return first?.shape[0] ?? 1;
}
