import type { Rollout, RolloutList, RolloutStatistics } from "@bedplate/contract";
import { queryOptions } from "@tanstack/react-query";
import { getJson, postJson } from "./http.ts";

const api = "/api/bedplate/v1";
const watchMs = 2_000;

const at = (...parts: string[]) => [api, ...parts.map(encodeURIComponent)].join("/");

/** Whether a rollout may still change. */
const isActive = ({ state }: Rollout) => state === "running" || state === "paused";

/** The rollout of a model that is under way; null where none is. */
export const activeRolloutQuery = (model: string) =>
  queryOptions({
    queryKey: ["models", model, "rollout"],
    queryFn: async ({ signal }) => {
      const { rollouts } = await getJson<RolloutList>(`${at("models", model, "rollouts")}?limit=1`, signal);
      return rollouts.find(isActive) ?? null;
    },
    refetchInterval: watchMs,
  });

export const rolloutStatisticsQuery = ({ model, id }: Rollout) =>
  queryOptions({
    queryKey: ["models", model, "rollout", id, "statistics"],
    queryFn: ({ signal }) =>
      getJson<RolloutStatistics>(at("models", model, "rollouts", id, "statistics"), signal),
    refetchInterval: watchMs,
  });

/** The revision goes along, so that nobody decides on what has changed meanwhile. */
export const promoteRollout = ({ model, id, revision }: Rollout, version: number) =>
  postJson<Rollout>(at("models", model, "rollouts", id, "promote"), { revision, version });

/** What a person may ask of a rollout beside a promotion. */
export type RolloutOrder = "pause" | "resume" | "advance" | "abort";

export const orderRollout = ({ model, id, revision }: Rollout, order: RolloutOrder) =>
  postJson<Rollout>(at("models", model, "rollouts", id, order), { revision });
