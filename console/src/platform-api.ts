import type {
  ModelCard,
  ModelList,
  ModelSummary,
  PlatformInfo,
  Promotion,
  PromotionResult,
  TrainingJob,
  TrainingJobList,
} from "@bedplate/contract";
import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { getJson, getTail, postJson } from "./http.ts";

const api = "/api/bedplate/v1";
const watchMs = 5_000;
const followMs = 1_500;
/** Bytes of a log that are shown. */
const logLimit = 200_000;

const at = (...parts: string[]) => [api, ...parts.map(encodeURIComponent)].join("/");

export const platformQuery = queryOptions({
  queryKey: ["platform"],
  queryFn: ({ signal }) => getJson<PlatformInfo>(at("platform"), signal),
  refetchInterval: watchMs,
});

export const modelsQuery = infiniteQueryOptions({
  queryKey: ["models"],
  queryFn: ({ pageParam, signal }) =>
    getJson<ModelList>(
      pageParam === "" ? at("models") : `${at("models")}?after=${encodeURIComponent(pageParam)}`,
      signal,
    ),
  initialPageParam: "",
  getNextPageParam: (page) => page.next,
  refetchInterval: watchMs,
});

export const modelQuery = (name: string) =>
  queryOptions({
    queryKey: ["models", name],
    queryFn: ({ signal }) => getJson<ModelSummary>(at("models", name), signal),
    refetchInterval: (query) => (query.state.data?.serving.state === "loading" ? followMs : watchMs),
  });

export const cardAddress = (name: string, version: number) =>
  at("models", name, "versions", String(version), "card");

export const cardQuery = (name: string, version: number) =>
  queryOptions({
    queryKey: ["models", name, "versions", version, "card"],
    queryFn: ({ signal }) => getJson<ModelCard>(cardAddress(name, version), signal),
  });

export const promote = (name: string, wanted: Promotion) =>
  postJson<PromotionResult>(at("models", name, "promote"), wanted);

/** Whether a job may still change. */
export const isActive = (job: TrainingJob) => job.state === "queued" || job.state === "running";

export const jobsQuery = infiniteQueryOptions({
  queryKey: ["jobs"],
  queryFn: ({ pageParam, signal }) =>
    getJson<TrainingJobList>(
      pageParam === ""
        ? at("training", "jobs")
        : `${at("training", "jobs")}?before=${encodeURIComponent(pageParam)}`,
      signal,
    ),
  initialPageParam: "",
  getNextPageParam: (page) => page.next,
  refetchInterval: watchMs,
});

export const jobQuery = (id: string) =>
  queryOptions({
    queryKey: ["jobs", id],
    queryFn: ({ signal }) => getJson<TrainingJob>(at("training", "jobs", id), signal),
    refetchInterval: (query) => {
      const job = query.state.data;
      return job !== undefined && isActive(job) ? followMs : false;
    },
  });

/** The log of a job; `state` is part of the key so that its last lines are read after it ended. */
export const jobLogQuery = (id: string, state: TrainingJob["state"], active: boolean) =>
  queryOptions({
    queryKey: ["jobs", id, "log", state],
    queryFn: ({ signal }) => getTail(at("training", "jobs", id, "log"), logLimit, signal),
    refetchInterval: active ? followMs : false,
    placeholderData: keepPreviousData,
  });

export const cancelJob = (id: string) => postJson<TrainingJob>(at("training", "jobs", id, "cancel"));
