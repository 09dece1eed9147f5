import type { Rollout } from "@bedplate/contract";
import { Problem } from "../domain/problem.ts";
import { candidatesOf } from "../domain/rollout-plan.ts";
import { whyNotAlike } from "../domain/signature-fit.ts";
import type { Signature } from "../domain/tensor.ts";
import type { Challengers } from "./challengers.ts";
import { LiveRollout } from "./live-rollout.ts";
import type { VersionAddress } from "./model-source.ts";
import { RolloutTally } from "./rollout-tally.ts";
import { ShadowQueue, type ShadowSettings } from "./shadow-queue.ts";

/** A rollout that is under way, and where the files of its versions lie. */
export interface ActiveRollout {
  readonly rollout: Rollout;
  readonly addresses: readonly VersionAddress[];
}

/** A candidate that cannot be loaded, so that its rollout cannot go on. */
export interface RefusedCandidate {
  readonly rollout: Rollout;
  readonly reason: string;
}

interface TrafficParts {
  readonly challengers: Challengers;
  readonly settings: ShadowSettings;
  /** Whether any caller waits for an answer now. */
  readonly isBusy: () => boolean;
}

/** Which version answers a model's requests: what stands between the surfaces and the batches. */
export class Traffic {
  readonly tally = new RolloutTally();
  readonly #challengers: Challengers;
  readonly #shadows: ShadowQueue;
  readonly #live = new Map<string, LiveRollout>();
  #active: readonly ActiveRollout[] = [];

  constructor({ challengers, settings, isBusy }: TrafficParts) {
    this.#challengers = challengers;
    this.#shadows = new ShadowQueue(settings, this.tally, isBusy);
  }

  /** The rollout of a model; undefined where the champion answers everything. */
  of(model: string): LiveRollout | undefined {
    return this.#live.get(model);
  }

  /** Whether rollouts are as they were when they were last carried out. */
  isSame(active: readonly ActiveRollout[]): boolean {
    const keysOf = (all: readonly ActiveRollout[]) =>
      all.map(({ rollout }) => `${rollout.id} ${rollout.revision} ${rollout.model}`).join("\n");
    return keysOf(active) === keysOf(this.#active);
  }

  /** Says which versions must be in memory, before any of them is loaded. */
  want(active: readonly ActiveRollout[], championOf: (model: string) => Signature | null): void {
    const ids = new Set(active.map(({ rollout }) => rollout.id));
    this.#shadows.retain((id) => ids.has(id));
    this.#challengers.want(
      active.flatMap(({ rollout, addresses }) =>
        addresses.map((address) => ({
          ...address,
          check: (loaded: { readonly signature: () => Signature }) => {
            // A flip swaps the version for all callers at once, as any promotion does.
            if (rollout.spec.strategy === "blueGreen") return;
            const champion = championOf(rollout.model);
            const why = champion === null ? null : whyNotAlike(champion, loaded.signature());
            if (why === null) return;
            throw new Problem(
              "MODEL_UNSUPPORTED",
              `It cannot stand in for version ${rollout.champion}: ${why}.`,
            );
          },
        })),
      ),
    );
  }

  /** Carries rollouts out from the next request on. */
  replace(active: readonly ActiveRollout[]): void {
    this.#active = active;
    this.#live.clear();
    const parts = { challengers: this.#challengers, tally: this.tally, shadows: this.#shadows };
    for (const { rollout } of active) this.#live.set(rollout.model, new LiveRollout(rollout, parts));
  }

  /** Rollouts with a candidate that no try will load. */
  refused(): readonly RefusedCandidate[] {
    return this.#active.flatMap(({ rollout }) =>
      candidatesOf(rollout.spec).flatMap((version) => {
        const problem = this.#challengers.refusal(rollout.model, version);
        if (problem === null) return [];
        return [{ rollout, reason: `Version ${version} cannot be served: ${problem.message}` }];
      }),
    );
  }

  close(): void {
    this.#shadows.close();
  }
}
