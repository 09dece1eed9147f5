import type { Rollout } from "@bedplate/contract";
import { Problem } from "../domain/problem.ts";
import { type AnswerCounts, type Decision, decide } from "../domain/rollout-decision.ts";
import type { RolloutOrder } from "../domain/rollout-transition.ts";
import type { RolloutTally, TallyDelta } from "./rollout-tally.ts";
import type { RefusedCandidate } from "./traffic.ts";

interface Command {
  readonly model: string;
  readonly id: string;
  readonly order: RolloutOrder;
  readonly actor: string;
  readonly comment?: string;
  readonly revision: number;
}

export interface ConductorParts {
  readonly rollouts: {
    readonly active: () => Promise<readonly Rollout[]>;
    readonly command: (command: Command) => Promise<Rollout>;
  };
  readonly counts: {
    readonly add: (deltas: readonly TallyDelta[]) => Promise<void>;
    readonly read: (rolloutId: string, position: number) => Promise<ReadonlyMap<number, AnswerCounts>>;
  };
  readonly traffic: {
    readonly tally: Pick<RolloutTally, "take" | "giveBack">;
    readonly refused: () => readonly RefusedCandidate[];
    /** Carries out what was decided without waiting for the next look. */
    readonly reconcile: () => Promise<void>;
  };
  readonly clock: () => number;
  readonly report: (error: unknown) => void;
}

/** Who decides what nobody asked for. */
const actor = "bedplate";

/**
 * Tells what was counted here, then looks whether a rollout must go on or end. Every replica does so; a decision names the
 * revision that it is about, so that the first one is carried out and the others find it done.
 */
export async function conduct(parts: ConductorParts): Promise<void> {
  await tellCounts(parts);
  let isChanged = false;
  for (const { rollout, reason } of parts.traffic.refused()) {
    isChanged = (await carryOut(parts, rollout, { action: "abort", reason })) || isChanged;
  }
  for (const rollout of await parts.rollouts.active()) {
    // One that cannot be looked after must not keep the others from it.
    const changed = await look(parts, rollout).catch((error: unknown) => parts.report(error));
    isChanged = isChanged || changed === true;
  }
  if (isChanged) await parts.traffic.reconcile();
}

async function look(parts: ConductorParts, rollout: Rollout): Promise<boolean> {
  const counts = await parts.counts.read(rollout.id, rollout.position);
  const decision = decide(rollout, counts, parts.clock());
  return decision !== null && (await carryOut(parts, rollout, decision));
}

/** Adds what was counted here to what all replicas counted; what cannot be told is told the next time. */
export async function tellCounts({ counts, traffic }: ConductorParts): Promise<void> {
  const deltas = traffic.tally.take();
  try {
    await counts.add(deltas);
  } catch (error) {
    traffic.tally.giveBack(deltas);
    throw error;
  }
}

async function carryOut(parts: ConductorParts, rollout: Rollout, decision: Decision): Promise<boolean> {
  const { model, id, revision } = rollout;
  const command = { model, id, revision, actor };
  try {
    await parts.rollouts.command({ ...command, ...orderOf(decision) });
    return true;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    // Another replica was faster, or the rollout or its model is gone.
    if (error.code === "CONFLICT" || error.code === "NOT_FOUND") return false;
    if (rollout.state === "paused") return false;
    await parts.rollouts.command({ ...command, order: { kind: "pause" }, comment: error.message });
    return true;
  }
}

function orderOf(decision: Decision): { readonly order: RolloutOrder; readonly comment?: string } {
  switch (decision.action) {
    case "abort":
      return { order: { kind: "abort" }, comment: decision.reason };
    case "advance":
      return { order: { kind: "advance" } };
    case "promote":
      return { order: { kind: "promote", version: decision.version } };
    case "settle":
      return { order: { kind: "promote" } };
  }
}

/** Conducts again and again until closed; what was counted until then is told. */
export function startConductor(parts: ConductorParts, intervalMs: number): { close: () => Promise<void> } {
  let current = Promise.resolve();
  const timer = setInterval(() => {
    current = current.then(() => conduct(parts)).catch(parts.report);
  }, intervalMs);
  return {
    async close() {
      clearInterval(timer);
      await current;
      await tellCounts(parts).catch(parts.report);
    },
  };
}
