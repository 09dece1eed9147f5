import { hash } from "node:crypto";
import type { Identity } from "../domain/identity.ts";
import { type Found, forgetAfter, Recent, type RecentSettings } from "./recent.ts";

/**
 * Who presented which `Authorization` a moment ago, so that a caller who predicts thousands of times a second is not
 * looked up as often. Callers are kept by the hashes of their headers. Beside them is the text of those that were found
 * since somebody was last remembered or forgotten, because a hash costs more than all else here; the text is compared by
 * the engine's own hash of it, whose seed is secret, so the time that takes tells nothing about it.
 */
export class RecentCallers {
  readonly #callers: Recent<Identity>;
  /** Never more than there are callers. */
  readonly #shown = new Map<string, Found<Identity>>();

  constructor(settings: RecentSettings, clock: () => number) {
    this.#callers = new Recent(settings, clock);
  }

  find(authorization: string): Identity | null {
    const shown = this.#shown.get(authorization);
    if (shown !== undefined) {
      if (this.#callers.isFresh(shown)) return shown.value;
      this.#shown.delete(authorization);
      return null;
    }
    const found = this.#callers.find(keyOf(authorization));
    if (found === null) return null;
    this.#shown.set(authorization, found);
    return found.value;
  }

  /** Never for longer than what the identity was shown by holds. */
  keep(authorization: string, identity: Identity): void {
    this.#shown.clear();
    this.#callers.keep(keyOf(authorization), identity, identity.origin?.expiresAt);
  }

  /** Runs what takes access from somebody, and forgets everybody after it. */
  forgetAfter<A extends readonly unknown[], R>(act: (...args: A) => Promise<R>): (...args: A) => Promise<R> {
    return forgetAfter(act, () => {
      this.#shown.clear();
      this.#callers.clear();
    });
  }
}

const keyOf = (authorization: string) => hash("sha256", authorization, "base64");
