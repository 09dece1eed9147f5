import type { IncomingHttpHeaders } from "node:http";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { parseExactJson } from "../../domain/exact-json.ts";
import { readInferenceRequest, readRawRequest } from "../../domain/inference-request.ts";
import { writeInferenceResponse } from "../../domain/inference-response.ts";
import { readPlainRequest } from "../../domain/plain-request.ts";
import { Problem } from "../../domain/problem.ts";
import type { InferenceRequest, Signature } from "../../domain/tensor.ts";
import type { Ports } from "../../ports.ts";
import { serve } from "../serve.ts";
import { sendAnswer } from "./answer.ts";
import { textOf } from "./body.ts";
import { modelParams } from "./metadata.ts";
import { predict } from "./predict.ts";

/** Predictions in the Open Inference Protocol, tensors in JSON or in binary. */
export function serveInfer(scope: FastifyInstance, ports: Ports): void {
  serve(scope, "infer", { params: modelParams }, async ({ params, request }, reply) => {
    const read = readerOf(request.headers, bodyOf(request));
    const { version, outputs, request: asked } = await predict(ports, { request, reply }, params, read);
    const { id, binary } = asked;
    await sendAnswer(
      request,
      reply,
      writeInferenceResponse({ model: params.model, version, outputs, binary, id }),
    );
    return reply;
  });
}

/** What turns a request's body into a call once it is known which version runs. */
export function readerOf(
  headers: IncomingHttpHeaders,
  body: Buffer,
): (signature: Signature) => InferenceRequest {
  const header = headers["inference-header-content-length"];
  if (header === undefined) {
    requireJson(headers);
    return (signature) =>
      readPlainRequest(body.toString("latin1"), signature) ??
      readInferenceRequest(parseExactJson(textOf(body)), signature);
  }
  const length = headerLength(header, body.length);
  if (length === 0) return (signature) => readRawRequest(body, signature);
  const json = parseExactJson(textOf(body.subarray(0, length)));
  const part = { bytes: body.subarray(length) };
  return (signature) => readInferenceRequest(json, signature, part);
}

/** The body as it was read; a request without any has an empty one. */
export function bodyOf(request: FastifyRequest): Buffer {
  return Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
}

/** Triton's client sends JSON without saying so. */
export function requireJson(headers: IncomingHttpHeaders): void {
  const type = headers["content-type"];
  if (type === undefined || type === "application/json" || /^application\/json *(;|$)/i.test(type)) return;
  throw new Problem(
    "UNSUPPORTED_MEDIA_TYPE",
    "Send tensors as JSON, with content type application/json, or in binary with Inference-Header-Content-Length.",
  );
}

function headerLength(header: string | string[], length: number): number {
  const text = String(header);
  const value = Number(text);
  if (/^\d{1,15}$/.test(text) && value <= length) return value;
  throw new Problem(
    "INVALID_REQUEST",
    `Inference-Header-Content-Length must be a whole number from 0 to the body's ${length} bytes, not "${text.slice(0, 40)}".`,
  );
}
