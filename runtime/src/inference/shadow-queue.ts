import { compareOutputs } from "../domain/output-difference.ts";
import type { RolloutPlan } from "../domain/rollout-plan.ts";
import type { InferenceCall, Tensor } from "../domain/tensor.ts";
import type { RolloutTally, TallyKey } from "./rollout-tally.ts";
import type { ServedVersion } from "./served-version.ts";

export interface ShadowSettings {
  /** Requests, and their bytes, that may wait for all models together. */
  readonly shadowQueueLimit: number;
  readonly shadowQueueBytes: number;
  readonly shadowMaxAgeMs: number;
  /** Part of one core's time while requests are under way, in percent. */
  readonly shadowDutyPercent: number;
}

/** A request that the champion has answered, to be repeated to one candidate. */
export interface ShadowCall extends TallyKey {
  readonly served: Pick<ServedVersion, "run">;
  readonly call: InferenceCall;
  readonly outputs: ReadonlyMap<string, Tensor>;
  readonly bytes: number;
  readonly plan: NonNullable<RolloutPlan["shadow"]>;
}

interface Waiting extends ShadowCall {
  readonly since: number;
}

/** Whether callers still wait is looked at this often. */
const lookAgainMs = 20;
const stays = () => false;

/**
 * Repeats requests to candidates that answer nobody. Nothing waits for it: one request at a time runs, at once while
 * nothing else is under way, and else for a small part of the time. What does not fit is dropped and counted.
 */
export class ShadowQueue {
  readonly #settings: ShadowSettings;
  readonly #tally: RolloutTally;
  readonly #isBusy: () => boolean;
  readonly #now: () => number;
  readonly #held = new Map<string, { requests: number; bytes: number }>();
  #waiting: Waiting[] = [];
  #bytes = 0;
  #isRunning = false;
  #isClosed = false;
  #notBefore = 0;
  #timer: NodeJS.Timeout | undefined;

  /** `isBusy` says whether any caller waits for an answer now; `now` is a clock that only goes forward. */
  constructor(
    settings: ShadowSettings,
    tally: RolloutTally,
    isBusy: () => boolean,
    now: () => number = () => performance.now(),
  ) {
    this.#settings = settings;
    this.#tally = tally;
    this.#isBusy = isBusy;
    this.#now = now;
  }

  get length(): number {
    return this.#waiting.length;
  }

  /** Takes a request in, or drops it; never waits. */
  offer(call: ShadowCall): void {
    const { rolloutId, plan, bytes } = call;
    const own = this.#held.get(rolloutId) ?? { requests: 0, bytes: 0 };
    const { shadowQueueLimit, shadowQueueBytes } = this.#settings;
    const fits =
      own.requests < plan.queueLimit &&
      own.bytes + bytes <= plan.queueBytes &&
      this.#waiting.length < shadowQueueLimit &&
      this.#bytes + bytes <= shadowQueueBytes;
    if (!fits || this.#isClosed) {
      this.#tally.dropped(call);
      return;
    }
    this.#held.set(rolloutId, own);
    own.requests++;
    own.bytes += bytes;
    this.#bytes += bytes;
    this.#waiting.push({ ...call, since: this.#now() });
    this.#schedule();
  }

  /** Drops what waits for rollouts that have ended. */
  retain(isLive: (rolloutId: string) => boolean): void {
    const gone = this.#waiting.filter(({ rolloutId }) => !isLive(rolloutId));
    if (gone.length === 0) return;
    this.#waiting = this.#waiting.filter(({ rolloutId }) => isLive(rolloutId));
    for (const one of gone) {
      this.#release(one);
      this.#tally.dropped(one);
    }
  }

  /** Drops what waits; what runs is not interrupted. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    for (const one of this.#waiting) this.#tally.dropped(one);
    this.#waiting = [];
  }

  /** A reply is written before a shadow runs, because the timer comes after it in the loop. */
  #schedule(): void {
    if (this.#isRunning || this.#timer !== undefined || this.#waiting.length === 0 || this.#isClosed) return;
    const left = this.#isBusy() ? this.#notBefore - this.#now() : 0;
    const wait = Math.min(lookAgainMs, Math.max(1, left));
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#next();
    }, wait);
    this.#timer.unref();
  }

  #next(): void {
    const isTooEarly = this.#isBusy() && this.#now() < this.#notBefore;
    const next = isTooEarly ? undefined : this.#take();
    if (next === undefined) {
      this.#schedule();
      return;
    }
    this.#isRunning = true;
    const start = this.#now();
    this.#repeat(next).finally(() => {
      const took = this.#now() - start;
      this.#notBefore = this.#now() + took * (100 / this.#settings.shadowDutyPercent - 1);
      this.#isRunning = false;
      this.#schedule();
    });
  }

  /** The oldest one that has not waited too long. */
  #take(): Waiting | undefined {
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      this.#release(next);
      if (this.#now() - next.since <= this.#settings.shadowMaxAgeMs) return next;
      this.#tally.dropped(next);
    }
    return undefined;
  }

  #release({ rolloutId, bytes }: Waiting): void {
    this.#bytes -= bytes;
    const own = this.#held.get(rolloutId);
    if (own === undefined) return;
    own.requests--;
    own.bytes -= bytes;
    if (own.requests === 0) this.#held.delete(rolloutId);
  }

  async #repeat(shadow: Waiting): Promise<void> {
    const deadline = performance.now() + this.#settings.shadowMaxAgeMs;
    try {
      const outputs = await shadow.served.run(shadow.call, { deadline, isGone: stays });
      this.#tally.compared(shadow, compareOutputs(shadow.outputs, outputs, shadow.plan.tolerance));
    } catch {
      this.#tally.shadowFailed(shadow);
    }
  }
}
