import { Readable } from "node:stream";
import type { Rollout, RolloutSpecInput, RolloutStatistics } from "@bedplate/contract";
import { conduct } from "../src/inference/conductor.ts";
import { type ModelHost, openModelHost } from "../src/inference/model-host.ts";
import type { Ports } from "../src/ports.ts";
import { createRolloutStores } from "../src/store/rollout-stores.ts";
import { openService, type ServiceUnderTest, token } from "./service.ts";

const headers = { host: "127.0.0.1:4680", authorization: `Bearer ${token}` };
const api = "/api/bedplate/v1/models";
/** Nothing happens by itself in these tests: they say when replicas look and decide. */
const never = 3_600_000;

/** What a request got. */
interface Reply {
  readonly status: number;
  readonly version: string;
  readonly y: number;
}

/** A service whose models are rolled out; time passes only as its clock says. */
export interface RolloutService extends ServiceUnderTest {
  readonly host: ModelHost;
  readonly clock: { now: number };
  readonly register: (model: string, files: readonly (Buffer | string)[]) => Promise<void>;
  readonly call: (method: "GET" | "POST" | "PUT", path: string, payload?: object) => Promise<Called>;
  readonly start: (model: string, rollout: RolloutSpecInput) => Promise<Rollout>;
  readonly predict: (model: string, more?: PredictOptions) => Promise<Reply>;
  readonly statistics: (rollout: Rollout) => Promise<RolloutStatistics>;
  /** Every replica looks at what is to be done, once. */
  readonly conduct: () => Promise<void>;
}

interface Called {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

interface PredictOptions {
  readonly x?: readonly number[];
  readonly headers?: Record<string, string>;
  readonly body?: object;
  readonly path?: string;
}

export async function openRolloutService(
  bounds: Partial<Ports["settings"]["rollouts"]> = {},
): Promise<RolloutService> {
  const clock = { now: 1_000_000 };
  const service = await openService(
    (made, db) => {
      const settings = { ...made.settings, rollouts: { ...made.settings.rollouts, ...bounds } };
      const { alias: servingAlias } = settings.serving;
      const governance = { servingAlias, minimum: settings.governance };
      return { settings, ...createRolloutStores(db, settings, { clock: () => clock.now, governance }) };
    },
    () => clock.now,
  );
  const { registry, rollouts, rolloutCounts, artifacts, settings, metrics } = service.ports;
  const host = await openModelHost({
    ...{ registry, artifacts, clock: () => clock.now, metrics },
    settings: { ...settings.serving, reconcileIntervalMs: never },
    log: { error: (fields: object) => console.error(fields) },
    rollouts: {
      settings: { ...settings.rollouts, pollIntervalMs: never },
      active: () => rollouts.activeWithFiles(),
    },
  });
  Object.assign(service.ports.models, host);

  async function call(method: "GET" | "POST" | "PUT", path: string, payload?: object): Promise<Called> {
    const url = path.startsWith("/api") ? path : api + path;
    const sent = payload === undefined ? {} : { payload };
    const answer = await service.app.inject({ method, url, headers, ...sent });
    return { status: answer.statusCode, body: answer.json() };
  }

  return {
    ...{ ...service, host, clock, call },
    async register(model, files) {
      await registry.models.create({ name: model, description: "", tags: [], actor: "ann" });
      for (const [at, file] of files.entries()) {
        const folder = `0/${model}/${at + 1}`;
        await artifacts.put(`${folder}/model.onnx`, Readable.from([Buffer.from(file)]), 1_000_000);
        const blank = { runLink: "", description: "", modelId: "", tags: [], runId: "" };
        await registry.versions.create({
          name: model,
          source: `mlflow-artifacts:/${folder}`,
          actor: "ann",
          ...blank,
        });
      }
      await call("POST", `/${model}/promote`, { version: 1 });
    },
    async start(model, rollout) {
      const { status, body } = await call("POST", `/${model}/rollouts`, { rollout });
      if (status !== 201) throw new Error(JSON.stringify(body));
      await host.reconcile();
      return body as unknown as Rollout;
    },
    async predict(
      model,
      { x = [1], headers: more = {}, body = {}, path = `/v2/models/${model}/infer` } = {},
    ) {
      const inputs = [{ name: "x", datatype: "FP32", shape: [1, x.length], data: x }];
      const payload = { inputs, ...body };
      const answer = await service.app.inject({
        method: "POST",
        url: path,
        headers: { ...headers, ...more },
        payload,
      });
      const read = answer.json();
      return { status: answer.statusCode, version: read.model_version, y: read.outputs?.[0].data[0] };
    },
    statistics: async ({ model, id }) =>
      (await call("GET", `/${model}/rollouts/${id}/statistics`)).body as unknown as RolloutStatistics,
    conduct: () =>
      conduct({
        ...{ rollouts, counts: rolloutCounts, traffic: host, clock: () => clock.now },
        report: (error) => console.error(error),
      }),
    async close() {
      await host.close();
      await service.close();
    },
  };
}
