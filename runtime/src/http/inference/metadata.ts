import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { Identity } from "../../domain/identity.ts";
import { configOf } from "../../domain/model-config.ts";
import { serverAbout } from "../../domain/server-about.ts";
import type { Ports } from "../../ports.ts";
import { sightOf } from "../../sight.ts";
import { serve } from "../serve.ts";

export const modelParams = z.object({ model: z.string(), version: z.string().max(20).optional() });

/** What clients ask for before they send anything. Source: Open Inference Protocol, "Server Metadata Response". */
const serverMetadata = z.object({ name: z.string(), version: z.string(), extensions: z.array(z.string()) });

const tensorMetadata = z.object({ name: z.string(), datatype: z.string(), shape: z.array(z.int()) });
const modelMetadata = z.object({
  name: z.string(),
  versions: z.array(z.string()),
  platform: z.string(),
  inputs: z.array(tensorMetadata),
  outputs: z.array(tensorMetadata),
});
const readiness = z.object({ name: z.string(), ready: z.boolean() });
const nameList = z.object({ models: z.array(z.string()) });

/** What the server and its models are, in the words of the Open Inference Protocol and of KServe V1. */
export function serveMetadata(app: FastifyInstance, ports: Ports): void {
  const { models, settings } = ports;
  const names = async ({ identity }: { readonly identity: Identity }) => {
    const seen = models.list().filter(await sightOf(ports, identity));
    return { models: seen.flatMap((one) => (one.state === "READY" ? [one.name] : [])) };
  };
  serve(app, "serverMetadata", { response: { 200: serverMetadata } }, () =>
    serverAbout(settings.release, ["binary_tensor_data"]),
  );
  serve(app, "modelList", { response: { 200: nameList } }, names);
  serve(app, "modelListV1", { response: { 200: nameList } }, names);
  serve(app, "modelMetadata", { params: modelParams, response: { 200: modelMetadata } }, ({ params }) => {
    const served = models.served(params.model, params.version);
    return {
      name: params.model,
      versions: [String(served.version)],
      platform: "onnxruntime_onnx",
      inputs: [...served.inputs],
      outputs: [...served.outputs],
    };
  });
  for (const route of ["modelReady", "modelReadyV1"] as const) {
    serve(app, route, { params: modelParams, response: { 200: readiness } }, ({ params }) => {
      models.served(params.model, params.version);
      return { name: params.model, ready: true };
    });
  }
  serve(app, "modelConfig", { params: modelParams }, ({ params }) =>
    configOf(params.model, models.served(params.model, params.version)),
  );
}
