import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { getJson, postJson } from "./http.ts";

/** MLflow's REST API; source: https://mlflow.org/docs/latest/api_reference/rest-api.html. */
const api = "/ajax-api/2.0/mlflow";
const watchMs = 5_000;
const experimentLimit = 200;
const runPage = 50;
const historyPage = 25_000;
const historyPages = 8;

/** MLflow writes 64-bit integers and what JSON has no number for as text. */
type Numeric = number | string;

interface Entry {
  readonly key: string;
  readonly value: string;
}

export interface Experiment {
  readonly experiment_id: string;
  readonly name: string;
}

interface WireMetric {
  readonly key: string;
  readonly value: Numeric;
  readonly step?: Numeric;
  readonly timestamp: Numeric;
}

interface WireRun {
  readonly info: {
    readonly run_id: string;
    readonly run_name?: string;
    readonly experiment_id: string;
    readonly status: string;
    readonly start_time?: Numeric;
    readonly end_time?: Numeric;
  };
  readonly data?: {
    readonly metrics?: readonly WireMetric[];
    readonly params?: readonly Entry[];
    readonly tags?: readonly Entry[];
  };
}

export interface Metric {
  readonly key: string;
  readonly value: number;
  readonly step: number;
  readonly timestamp: number;
}

/** A run as the console shows it; times are milliseconds since 1970. */
export interface Run {
  readonly id: string;
  readonly name: string;
  readonly experimentId: string;
  readonly status: string;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly metrics: readonly Metric[];
  readonly params: readonly Entry[];
  readonly tags: readonly Entry[];
}

const time = (value: Numeric | undefined) =>
  value === undefined || Number(value) === 0 ? null : Number(value);
const byKey = <T extends { readonly key: string }>(items: readonly T[] = []) =>
  [...items].sort((a, b) => a.key.localeCompare(b.key));

function readMetric({ key, value, step = 0, timestamp }: WireMetric): Metric {
  return { key, value: Number(value), step: Number(step), timestamp: Number(timestamp) };
}

function readRun({ info, data = {} }: WireRun): Run {
  return {
    id: info.run_id,
    name: info.run_name ?? info.run_id,
    experimentId: info.experiment_id,
    status: info.status,
    startedAt: time(info.start_time),
    endedAt: time(info.end_time),
    metrics: byKey(data.metrics).map(readMetric),
    params: byKey(data.params),
    tags: byKey(data.tags),
  };
}

export const experimentsQuery = queryOptions({
  queryKey: ["experiments"],
  queryFn: async ({ signal }) => {
    const wanted = { max_results: experimentLimit, order_by: ["last_update_time DESC"] };
    const answer = await postJson<{ experiments?: Experiment[] }>(
      `${api}/experiments/search`,
      wanted,
      signal,
    );
    return answer.experiments ?? [];
  },
  refetchInterval: watchMs,
});

interface RunPage {
  readonly runs: readonly Run[];
  readonly next: string | null;
}

export const runsQuery = (experimentIds: readonly string[]) =>
  infiniteQueryOptions({
    queryKey: ["runs", experimentIds],
    queryFn: async ({ pageParam, signal }): Promise<RunPage> => {
      const wanted = {
        experiment_ids: experimentIds,
        max_results: runPage,
        order_by: ["attributes.start_time DESC"],
        ...(pageParam === "" ? {} : { page_token: pageParam }),
      };
      const answer = await postJson<{ runs?: WireRun[]; next_page_token?: string }>(
        `${api}/runs/search`,
        wanted,
        signal,
      );
      return { runs: (answer.runs ?? []).map(readRun), next: answer.next_page_token || null };
    },
    initialPageParam: "",
    getNextPageParam: (page) => page.next,
    enabled: experimentIds.length > 0,
    refetchInterval: watchMs,
  });

/** Whether a run may still change. */
export const isRunning = (run: Run) => run.status === "RUNNING" || run.status === "SCHEDULED";

export const runQuery = (id: string) =>
  queryOptions({
    queryKey: ["run", id],
    queryFn: async ({ signal }) => {
      const answer = await getJson<{ run: WireRun }>(
        `${api}/runs/get?${new URLSearchParams({ run_id: id })}`,
        signal,
      );
      return readRun(answer.run);
    },
    refetchInterval: (query) =>
      query.state.data !== undefined && isRunning(query.state.data) ? watchMs : false,
  });

/** All values of a metric, at most `historyPage * historyPages` of them. */
async function readHistory(runId: string, key: string, signal: AbortSignal): Promise<Metric[]> {
  const found: Metric[] = [];
  let token = "";
  for (let page = 0; page < historyPages; page += 1) {
    const search = new URLSearchParams({ run_id: runId, metric_key: key, max_results: String(historyPage) });
    if (token !== "") search.set("page_token", token);
    const answer = await getJson<{ metrics?: WireMetric[]; next_page_token?: string }>(
      `${api}/metrics/get-history?${search}`,
      signal,
    );
    for (const metric of answer.metrics ?? []) found.push(readMetric(metric));
    token = answer.next_page_token ?? "";
    if (token === "") break;
  }
  return found;
}

export const historyQuery = (runId: string, key: string, running: boolean) =>
  queryOptions({
    queryKey: ["run", runId, "history", key, running],
    queryFn: ({ signal }) => readHistory(runId, key, signal),
    placeholderData: keepPreviousData,
    refetchInterval: running ? watchMs : false,
  });
