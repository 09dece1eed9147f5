import { Problem } from "../domain/problem.ts";

/** Weights are held twice by ONNX Runtime's usual way of preparing them, and a session has a size of its own. */
const copies = 2;
const sessionBytes = 512 * 1024;

/** What a model file of a size takes in memory, in bytes, before anything was measured of it. */
export const estimateMemory = (fileBytes: number) => fileBytes * copies + sessionBytes;

/** Something that is in memory and can be put out of it. */
export interface Resident {
  readonly isPinned: boolean;
  /** Whether nothing is under way in it. */
  readonly isIdle: boolean;
  /** Gives the memory back. Called only while it is idle, and not again until it was let in again. */
  readonly putOut: () => Promise<void>;
}

/** Keeps what is in memory under a limit: what was not used for longest goes first, and never what is in use. */
export class Residence {
  readonly #limitBytes: number;
  readonly #onPutOut: () => void;
  /** The one that was used last comes last. */
  readonly #residents = new Map<Resident, number>();
  /** The one that comes last: to be used again changes nothing then. */
  #newest: Resident | null = null;
  #reserved = 0;

  constructor(limitBytes: number, onPutOut: () => void = () => {}) {
    this.#limitBytes = limitBytes;
    this.#onPutOut = onPutOut;
  }

  get usedBytes(): number {
    let sum = this.#reserved;
    for (const bytes of this.#residents.values()) sum += bytes;
    return sum;
  }

  /**
   * Lets a resident in: makes room first, loads then, and counts what it really takes. Throws UNAVAILABLE where all
   * others are in use or pinned, MODEL_TOO_LARGE where it would not fit alone, and whatever `load` throws.
   */
  async letIn<L extends { readonly memoryBytes: number }>(
    resident: Resident,
    bytes: number,
    load: () => Promise<L>,
  ): Promise<L> {
    // Room is found and taken in one turn: nobody can take it in between.
    const oldest = this.#makeRoom(bytes);
    this.#reserved += bytes;
    try {
      await Promise.all(oldest.map((one) => one.putOut()));
      const loaded = await load();
      this.#residents.set(resident, loaded.memoryBytes);
      this.#newest = resident;
      return loaded;
    } finally {
      this.#reserved -= bytes;
    }
  }

  /** Says that it was just used. */
  touch(resident: Resident): void {
    if (resident === this.#newest) return;
    const bytes = this.#residents.get(resident);
    if (bytes === undefined) return;
    this.#residents.delete(resident);
    this.#residents.set(resident, bytes);
    this.#newest = resident;
  }

  /** Forgets one that gave its memory back by itself. */
  leave(resident: Resident): void {
    this.#residents.delete(resident);
    if (resident === this.#newest) this.#newest = null;
  }

  /** Those that must go; they are not counted any more. */
  #makeRoom(bytes: number): readonly Resident[] {
    if (bytes > this.#limitBytes) {
      throw new Problem(
        "MODEL_TOO_LARGE",
        `The model needs ${bytes} bytes in memory; the limit is ${this.#limitBytes} (serving.memoryBytes).`,
      );
    }
    let missing = this.usedBytes + bytes - this.#limitBytes;
    const going: Resident[] = [];
    for (const [resident, held] of this.#residents) {
      if (missing <= 0) break;
      if (!resident.isIdle || resident.isPinned) continue;
      going.push(resident);
      missing -= held;
    }
    if (missing > 0) {
      throw new Problem("UNAVAILABLE", "All models in memory are in use and there is no room for another.");
    }
    for (const resident of going) {
      this.leave(resident);
      this.#onPutOut();
    }
    return going;
  }
}
