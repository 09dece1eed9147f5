import { Failure, type Service } from "./http.ts";

/** A value of a metric. */
export interface Metric {
  readonly key: string;
  readonly value: number;
  readonly step: number;
}

/** A run that is being logged. */
export interface Run {
  readonly id: string;
  /** Address of its artifact folder, such as mlflow-artifacts:/1/2f…/artifacts. */
  readonly artifacts: string;
}

const api = "/api/2.0/mlflow";
/** What the MLflow API takes in one batch. */
const metricLimit = 1000;

/** The few calls of MLflow's REST API (https://mlflow.org/docs/latest/rest-api.html) that a training needs. */
export function createTracking(service: Service) {
  const post = <Answer>(path: string, body: unknown) => service.json<Answer>("POST", `${api}/${path}`, body);

  return {
    /** Starts a run in the experiment of this name, which is made where it is missing. */
    async startRun(experiment: string, name: string): Promise<Run> {
      const id = await experimentId(service, experiment);
      const { run } = await post<{ run: { info: { run_id: string; artifact_uri: string } } }>("runs/create", {
        experiment_id: id,
        run_name: name,
        start_time: Date.now(),
      });
      return { id: run.info.run_id, artifacts: run.info.artifact_uri };
    },

    async logParams(run: Run, params: Record<string, string | number>): Promise<void> {
      const list = Object.entries(params).map(([key, value]) => ({ key, value: String(value) }));
      await post("runs/log-batch", { run_id: run.id, params: list });
    },

    async logMetrics(run: Run, metrics: readonly Metric[]): Promise<void> {
      const timestamp = Date.now();
      for (let at = 0; at < metrics.length; at += metricLimit) {
        const batch = metrics.slice(at, at + metricLimit).map((metric) => ({ ...metric, timestamp }));
        await post("runs/log-batch", { run_id: run.id, metrics: batch });
      }
    },

    /** Stores a file below the run's artifact folder. */
    async upload(run: Run, path: string, content: Uint8Array<ArrayBuffer> | string): Promise<void> {
      const folder = /^mlflow-artifacts:\/+(.+)$/.exec(run.artifacts)?.[1];
      if (folder === undefined) throw new Failure(`The run's artifacts cannot be sent to ${run.artifacts}.`);
      const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
      await service.put(`/api/2.0/mlflow-artifacts/artifacts/${folder}/${path}`, bytes);
    },

    /** Registers a folder of the run's artifacts as the next version of a model; gives the version's number. */
    async register(run: Run, folder: string, model: string, description: string): Promise<number> {
      await post("registered-models/create", { name: model }).catch((error: unknown) => {
        if (!(error instanceof Failure && error.code === "RESOURCE_ALREADY_EXISTS")) throw error;
      });
      const created = await post<{ model_version: { version: string } }>("model-versions/create", {
        name: model,
        source: `${run.artifacts}/${folder}`,
        run_id: run.id,
        description,
      });
      return Number(created.model_version.version);
    },

    async endRun(run: Run, status: "FINISHED" | "FAILED"): Promise<void> {
      await post("runs/update", { run_id: run.id, status, end_time: Date.now() });
    },
  };
}

async function experimentId(service: Service, name: string): Promise<string> {
  const query = new URLSearchParams({ experiment_name: name });
  try {
    const path = `${api}/experiments/get-by-name?${query}`;
    const found = await service.json<{ experiment: { experiment_id: string } }>("GET", path);
    return found.experiment.experiment_id;
  } catch (error) {
    if (!(error instanceof Failure && error.code === "RESOURCE_DOES_NOT_EXIST")) throw error;
    const made = await service.json<{ experiment_id: string }>("POST", `${api}/experiments/create`, { name });
    return made.experiment_id;
  }
}
