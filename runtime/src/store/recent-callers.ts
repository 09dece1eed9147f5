import { hash } from "node:crypto";
import type { Identity } from "../domain/identity.ts";

interface RecentSettings {
  /** Callers that are remembered at once. */
  readonly recentLimit: number;
  /** How long one is. */
  readonly recentMs: number;
}

interface Recent {
  readonly identity: Identity;
  readonly until: number;
}

/**
 * Who presented which `Authorization` a moment ago, so that a caller who predicts thousands of times a second is not
 * looked up as often. Callers are kept by the hashes of their headers. Beside them is the text of those that were found
 * since somebody was last remembered or forgotten, because a hash costs more than all else here; the text is compared by
 * the engine's own hash of it, whose seed is secret, so the time that takes tells nothing about it.
 */
export class RecentCallers {
  readonly #settings: RecentSettings;
  readonly #clock: () => number;
  /** The one that was remembered first comes first. */
  readonly #callers = new Map<string, Recent>();
  /** Never more than there are callers. */
  readonly #shown = new Map<string, Recent>();

  constructor(settings: RecentSettings, clock: () => number) {
    this.#settings = settings;
    this.#clock = clock;
  }

  find(authorization: string): Identity | null {
    const shown = this.#shown.get(authorization);
    const found = shown ?? this.#callers.get(keyOf(authorization));
    if (found === undefined) return null;
    if (found.until <= this.#clock()) {
      this.#shown.delete(authorization);
      return null;
    }
    if (shown === undefined) this.#shown.set(authorization, found);
    return found.identity;
  }

  /** Never for longer than what the identity was shown by holds. */
  keep(authorization: string, identity: Identity): void {
    this.#shown.clear();
    const key = keyOf(authorization);
    this.#callers.delete(key);
    const [oldest] = this.#callers.keys();
    if (oldest !== undefined && this.#callers.size >= this.#settings.recentLimit)
      this.#callers.delete(oldest);
    const end = this.#clock() + this.#settings.recentMs;
    this.#callers.set(key, { identity, until: Math.min(end, identity.origin?.expiresAt ?? end) });
  }

  /** Runs what takes access from somebody, and forgets everybody after it. */
  forgetAfter<A extends readonly unknown[], R>(act: (...args: A) => Promise<R>): (...args: A) => Promise<R> {
    return async (...args) => {
      try {
        return await act(...args);
      } finally {
        this.#shown.clear();
        this.#callers.clear();
      }
    };
  }
}

const keyOf = (authorization: string) => hash("sha256", authorization, "base64");
