import { setTimeout as wait } from "node:timers/promises";
import type { Replica } from "./service-process.ts";

const mlflow = "/api/2.0/mlflow";
/** Metrics of one batch; all of them or none must be there. */
export const batchSize = 10;
/** Of every model and version. */
export const tags = [
  { key: "first", value: "1" },
  { key: "second", value: "2" },
];

/** What was answered with success, and so must be there whatever happens. */
export interface Acknowledged {
  readonly models: string[];
  /** By their descriptions, which are unique. */
  readonly versions: string[];
  /** Of each model, in the order in which they were answered. */
  readonly promotions: Map<string, number[]>;
  readonly runs: string[];
  readonly batches: Batch[];
  /** Requests without an answer, which may have done their work or not. */
  cut: number;
}

export interface Batch {
  readonly runId: string;
  readonly name: string;
}

export const nothingYet = (): Acknowledged => ({
  models: [],
  versions: [],
  promotions: new Map(),
  runs: [],
  batches: [],
  cut: 0,
});

export const countAcknowledged = ({ models, versions, promotions, runs, batches }: Acknowledged): number =>
  models.length +
  versions.length +
  runs.length +
  batches.length +
  [...promotions.values()].reduce((sum, made) => sum + made.length, 0);

interface Desk {
  readonly name: string;
  readonly replica: Replica;
  readonly random: () => number;
  readonly acknowledged: Acknowledged;
}

/** What a writer goes on from: only what it knows to be there. */
interface Place {
  model: string | null;
  versions: number[];
  run: string | null;
}

/** Writes what comes to mind, one thing after the other, until it is over. */
export async function writeOn(desk: Desk, life: { readonly over: boolean }): Promise<void> {
  const place: Place = { model: null, versions: [], run: null };
  for (let at = 0; !life.over; at++) {
    await choose(desk.random(), place)(desk, place, `${desk.name}-${at}`);
    await wait(desk.random() * 20);
  }
}

type Act = (desk: Desk, place: Place, name: string) => Promise<void>;

function choose(mood: number, { model, versions, run }: Place): Act {
  if (model === null || mood < 0.1) return register;
  if (versions.length < 2 || mood < 0.3) return addVersion;
  if (run === null || mood < 0.4) return startRun;
  return mood < 0.65 ? promote : logBatch;
}

async function post(desk: Desk, path: string, body: object): Promise<Record<string, unknown> | null> {
  const answer = await desk.replica.call("POST", `${mlflow}/${path}`, body);
  if (answer.status === 200) return answer.body as Record<string, unknown>;
  desk.acknowledged.cut += 1;
  // While the service or its database is away there is no use in asking at once again.
  await wait(50);
  return null;
}

const register: Act = async (desk, place, name) => {
  if ((await post(desk, "registered-models/create", { name, tags })) === null) return;
  desk.acknowledged.models.push(name);
  place.model = name;
  place.versions = [];
};

const addVersion: Act = async (desk, place, name) => {
  const source = "mlflow-artifacts:/0/x";
  const body = { name: place.model, source, description: name, tags };
  const made = await post(desk, "model-versions/create", body);
  if (made === null) return;
  desk.acknowledged.versions.push(name);
  place.versions.push(Number((made.model_version as { version: string }).version));
};

const promote: Act = async (desk, { model, versions }) => {
  const version = versions[Math.floor(desk.random() * versions.length)] ?? 1;
  const body = { name: model, alias: "champion", version: String(version) };
  if (model === null || (await post(desk, "registered-models/alias", body)) === null) return;
  const { promotions } = desk.acknowledged;
  promotions.set(model, [...(promotions.get(model) ?? []), version]);
};

const startRun: Act = async (desk, place, name) => {
  const made = await post(desk, "runs/create", { experiment_id: "0", run_name: name });
  if (made === null) return;
  place.run = (made.run as { info: { run_id: string } }).info.run_id;
  desk.acknowledged.runs.push(place.run);
};

const logBatch: Act = async (desk, { run }, name) => {
  const metrics = Array.from({ length: batchSize }, (_, at) => ({
    key: `${name}/${at}`,
    value: at,
    timestamp: 1,
    step: 0,
  }));
  const body = { run_id: run, metrics, params: [{ key: name, value: "v" }] };
  if (run !== null && (await post(desk, "runs/log-batch", body)) !== null) {
    desk.acknowledged.batches.push({ runId: run, name });
  }
};
