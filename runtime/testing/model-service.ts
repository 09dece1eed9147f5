import { Readable } from "node:stream";
import type { InjectOptions, LightMyRequestResponse as Response } from "fastify";
import { type ModelHost, openModelHost } from "../src/inference/model-host.ts";
import { openService, type ServiceUnderTest, token } from "./service.ts";

/** A service under test with models that are served without a registry. */
export interface ModelService extends ServiceUnderTest {
  readonly host: ModelHost;
  readonly deploy: (model: string, version: number, bytes: Buffer) => Promise<void>;
  readonly get: (url: string, more?: object) => Promise<Response>;
  readonly post: (url: string, payload: InjectOptions["payload"], more?: object) => Promise<Response>;
}

const headers = { host: "127.0.0.1:4680", authorization: `Bearer ${token}` };

/** `serving` replaces single bounds of inference, `http` of the HTTP surface. */
export async function openModelService(serving: object = {}, http: object = {}): Promise<ModelService> {
  const service = await openService(({ settings }) => ({
    settings: { ...settings, http: { ...settings.http, ...http } },
  }));
  const { artifacts, settings, clock, metrics } = service.ports;
  const champions = new Map<string, number>();
  const host = await openModelHost({
    registry: {
      aliased: async () =>
        [...champions].map(([model, version]) => ({ model, version, artifactPath: `${model}/${version}` })),
    },
    artifacts,
    settings: { ...settings.serving, ...serving },
    clock,
    metrics,
    log: { error: () => {} },
  });
  Object.assign(service.ports.models, host);
  return {
    ...service,
    host,
    async deploy(model, version, bytes) {
      await artifacts.put(`${model}/${version}/model.onnx`, Readable.from([bytes]), 1_000_000);
      champions.set(model, version);
      await host.reconcile();
    },
    get: (url, more = {}) => service.app.inject({ url, headers: { ...headers, ...more } }),
    post: (url, payload, more = {}) =>
      service.app.inject({
        method: "POST",
        url,
        headers: { ...headers, ...more },
        ...(payload === undefined ? {} : { payload }),
      }),
    close: async () => {
      await host.close();
      await service.close();
    },
  };
}
