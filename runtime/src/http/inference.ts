import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";
import { parseExactJson } from "../domain/exact-json.ts";
import { readInferenceRequest, writeInferenceResponse } from "../domain/inference-json.ts";
import { Problem } from "../domain/problem.ts";
import type { Signature } from "../domain/tensor.ts";
import type { Ports } from "../ports.ts";
import { serve } from "./serve.ts";

const params = z.object({ model: z.string(), version: z.string().max(20).optional() });

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

/** Predictions over HTTP: the Open Inference Protocol, version 2, with tensors in JSON. */
export function serveInference(app: FastifyInstance, ports: Ports): void {
  const { models, settings } = ports;
  serve(app, "serverMetadata", { response: { 200: serverMetadata } }, () => ({
    name: "bedplate",
    version: settings.release,
    extensions: [],
  }));
  serve(app, "modelMetadata", { params, response: { 200: modelMetadata } }, ({ params }) => {
    const served = models.served(params.model, params.version);
    return {
      name: params.model,
      versions: [String(served.version)],
      platform: "onnxruntime_onnx",
      inputs: [...served.inputs],
      outputs: [...served.outputs],
    };
  });
  serve(app, "modelReady", { params, response: { 200: readiness } }, ({ params }) => {
    models.served(params.model, params.version);
    return { name: params.model, ready: true };
  });
  app.register(async (scope) => serveInfer(scope, ports));
}

/** A scope of its own, where bodies are parsed without losing digits. */
function serveInfer(scope: FastifyInstance, ports: Ports): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser(
    "*",
    { parseAs: "string" },
    async (request: FastifyRequest, body: string | Buffer) => {
      const type = request.headers["content-type"];
      // Triton's client sends JSON without saying so.
      if (type !== undefined && !/^application\/json *(;|$)/i.test(type)) {
        throw new Problem(
          "UNSUPPORTED_MEDIA_TYPE",
          "Send tensors as JSON, with content type application/json.",
        );
      }
      return parseExactJson(String(body));
    },
  );
  serve(scope, "infer", { params }, async ({ params, body }, reply) => {
    const { model } = params;
    let id: string | undefined;
    const read = (signature: Signature) => {
      const call = readInferenceRequest(body, signature);
      id = call.id;
      return call;
    };
    try {
      const answer = await ports.models.infer(params, read);
      const text = writeInferenceResponse({ model, ...answer, ...(id === undefined ? {} : { id }) });
      return reply.type("application/json; charset=utf-8").serializer(asItIs).send(text);
    } catch (error) {
      if (error instanceof Problem) countRefusal(ports, model, error);
      throw error;
    }
  });
}

const asItIs = (text: string) => text;

/** Names that no model has are counted together, so that a caller cannot make new time series. */
function countRefusal(ports: Ports, model: string, problem: Problem): void {
  const known = ports.models.status(model).state !== "none";
  ports.metrics.inferenceRefusedTotal.inc({ model: known ? model : "", code: problem.code });
}
