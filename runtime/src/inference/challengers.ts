import { Problem } from "../domain/problem.ts";
import type { VersionAddress } from "./model-source.ts";
import type { ServedVersion } from "./served-version.ts";
import type { VersionStatistics } from "./statistics.ts";
import type { VersionLoader } from "./version-loader.ts";

/** A version that a rollout wants in memory. */
export interface WantedVersion extends VersionAddress {
  /** Throws a `Problem` when what was loaded cannot stand beside what the champion is. */
  readonly check: (loaded: ServedVersion) => void;
}

interface Refused {
  readonly problem: Problem;
  /** When it is tried again, by `performance.now()`; infinite for what will not change. */
  readonly until: number;
}

const retryMs = 5_000;
const keyOf = ({ model, version }: { readonly model: string; readonly version: number }) =>
  `${version} ${model}`;

/** Versions that are held in memory beside the champions. Calls that change them must not overlap. */
export class Challengers {
  readonly #wanted = new Map<string, WantedVersion>();
  readonly #models = new Set<string>();
  readonly #held = new Map<string, ServedVersion>();
  readonly #refused = new Map<string, Refused>();
  #loader: VersionLoader | null = null;

  /** Whether all versions of a model must stay in memory. */
  readonly isHeld = (model: string): boolean => this.#models.has(model);

  /** What loads them; it asks in turn what is held. */
  loadWith(loader: VersionLoader): void {
    this.#loader = loader;
  }

  /** A version that is in memory and not champion; null where it is not. */
  find(model: string, version: number): ServedVersion | null {
    return this.#held.get(keyOf({ model, version })) ?? null;
  }

  holds(address: VersionAddress): boolean {
    return this.find(address.model, address.version)?.isOf(address) === true;
  }

  /** Why a version will not be loaded, however often it is tried; null where that is not so. */
  refusal(model: string, version: number): Problem | null {
    const refused = this.#refused.get(keyOf({ model, version }));
    return refused !== undefined && refused.until === Number.POSITIVE_INFINITY ? refused.problem : null;
  }

  statistics(): readonly VersionStatistics[] {
    return [...this.#held.values()].map((held) => held.statistics());
  }

  /** Says what is wanted from now on; nothing is loaded or given back yet. */
  want(versions: readonly WantedVersion[]): void {
    this.#wanted.clear();
    this.#models.clear();
    for (const one of versions) {
      this.#wanted.set(keyOf(one), one);
      this.#models.add(one.model);
    }
  }

  /** Gives a version away to be champion; null where it is not here. */
  take(address: VersionAddress, digest: string): ServedVersion | null {
    const held = this.find(address.model, address.version);
    if (held === null || !held.isOf(address) || held.digest !== digest) return null;
    this.#held.delete(keyOf(address));
    return held;
  }

  /** Takes over a version that is champion no more; false where nobody wants it. */
  keep(version: ServedVersion): boolean {
    const wanted = this.#wanted.get(keyOf(version));
    if (wanted === undefined || !version.isOf(wanted) || this.#held.has(keyOf(version))) return false;
    this.#held.set(keyOf(version), version);
    return true;
  }

  /** Loads what is wanted and is not champion, and gives back what is not wanted any more. */
  async settle(isChampion: (address: VersionAddress) => boolean): Promise<void> {
    for (const [key, held] of this.#held) {
      const wanted = this.#wanted.get(key);
      if (wanted !== undefined && held.isOf(wanted) && !isChampion(wanted)) continue;
      this.#held.delete(key);
      held.retire();
    }
    for (const key of this.#refused.keys()) if (!this.#wanted.has(key)) this.#refused.delete(key);
    for (const [key, wanted] of this.#wanted) {
      if (!this.#held.has(key) && !isChampion(wanted)) await this.#load(key, wanted);
    }
  }

  async close(): Promise<void> {
    const all = [...this.#held.values()];
    this.#held.clear();
    await Promise.all(all.map((held) => held.retire()));
  }

  async #load(key: string, wanted: WantedVersion): Promise<void> {
    const loader = this.#loader;
    if (loader === null || (this.#refused.get(key)?.until ?? 0) > performance.now()) return;
    try {
      const loaded = await loader.open(wanted, await loader.find(wanted));
      try {
        wanted.check(loaded);
      } catch (error) {
        loaded.retire();
        throw error;
      }
      this.#held.set(key, loaded);
      this.#refused.delete(key);
    } catch (error) {
      const problem =
        error instanceof Problem ? error : new Problem("UNAVAILABLE", "The model could not be read.");
      const isFixed = problem.code.startsWith("MODEL_") || problem.code.startsWith("SIGNATURE_");
      const until = isFixed ? Number.POSITIVE_INFINITY : performance.now() + retryMs;
      this.#refused.set(key, { problem, until });
    }
  }
}
