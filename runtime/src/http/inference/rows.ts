import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";
import { cellOf, readCsv } from "../../domain/csv-table.ts";
import { parseExactJson } from "../../domain/exact-json.ts";
import { isFields, reportUnknownKeys } from "../../domain/inference-faults.ts";
import { readPredictRequest, readTable, writePredictions } from "../../domain/predict-rows.ts";
import { Problem } from "../../domain/problem.ts";
import type { InferenceRequest, Signature } from "../../domain/tensor.ts";
import type { Ports } from "../../ports.ts";
import { serve } from "../serve.ts";
import { sendAnswer } from "./answer.ts";
import { textOf } from "./body.ts";
import { bodyOf, requireJson } from "./infer.ts";
import { predict } from "./predict.ts";

type Reader = (signature: Signature) => InferenceRequest;

const predictParams = z.object({ call: z.string() });
const verb = ":predict";

/** Predictions of rows: KServe V1, and the addresses of MLflow's scoring server and of SageMaker. */
export function serveRows(scope: FastifyInstance, ports: Ports): void {
  serve(scope, "predictV1", { params: predictParams }, async ({ request }, reply) => {
    requireJson(request.headers);
    const json = parseExactJson(textOf(bodyOf(request)));
    const target = { model: modelOfRows(request, ports) };
    const answer = await predict(ports, { request, reply }, target, (signature) =>
      readPredictRequest(json, signature),
    );
    await sendAnswer(request, reply, { text: writePredictions(answer.outputs), parts: [] });
    return reply;
  });
  serve(scope, "invocations", {}, async ({ request }, reply) => {
    const read = readerOf(request);
    const answer = await predict(ports, { request, reply }, { model: modelOfRows(request, ports) }, read);
    await sendAnswer(request, reply, { text: writePredictions(answer.outputs), parts: [] });
    return reply;
  });
}

/** Which model a request for rows is about, by its address or its headers. */
export function modelOfRows(request: FastifyRequest, ports: Ports): string {
  const { call } = request.params as { call?: string };
  if (call === undefined) return modelOf(request, ports);
  if (call.endsWith(verb)) return call.slice(0, -verb.length);
  throw new Problem("ROUTE_NOT_FOUND", `Only "${verb}" can be asked of a model here.`);
}

/** The model that a header names, as SageMaker's multi-model endpoints do, else the only one. */
function modelOf({ headers }: FastifyRequest, { models }: Ports): string {
  const named = headers["x-amzn-sagemaker-target-model"];
  if (named !== undefined) return String(named);
  const [only, ...others] = models.list();
  if (only === undefined) throw new Problem("MODEL_NOT_SERVED", "No model is served; promote one.");
  if (others.length === 0) return only.name;
  throw new Problem(
    "INVALID_REQUEST",
    "Several models are served; name one in the header X-Amzn-SageMaker-Target-Model.",
  );
}

function readerOf(request: FastifyRequest): Reader {
  const body = bodyOf(request);
  if (/^text\/csv *(;|$)/i.test(request.headers["content-type"] ?? "")) {
    const table = readCsv(textOf(body));
    return (signature) => readTable(table, signature, cellOf);
  }
  requireJson(request.headers);
  const json = parseExactJson(textOf(body));
  if (!isFields(json)) throw new Problem("INVALID_REQUEST", "The body must be an object.");
  const { params, ...rest } = json;
  if (params !== undefined && !(isFields(params) && Object.keys(params).length === 0)) {
    throw new Problem("INVALID_REQUEST", 'ONNX models take no "params".');
  }
  if (!("dataframe_split" in rest) && !("dataframe_records" in rest)) {
    return (signature) => readPredictRequest(rest, signature);
  }
  const table = "dataframe_split" in rest ? readSplit(rest) : readRecords(rest);
  return (signature) => readTable(table, signature);
}

const refuse = (text: string): never => {
  throw new Problem("INVALID_REQUEST", text);
};

/** Source: pandas, `DataFrame.to_dict(orient="split")`. */
function readSplit(body: Record<string, unknown>) {
  reportUnknownKeys(body, ["dataframe_split"], "The request", refuse);
  const split = body.dataframe_split;
  if (!isFields(split)) return refuse('"dataframe_split" must be an object.');
  reportUnknownKeys(split, ["columns", "index", "data"], '"dataframe_split"', refuse);
  const { columns, data } = split;
  const named = Array.isArray(columns) && columns.every((one) => typeof one === "string");
  if (!named || !Array.isArray(data)) {
    return refuse('"dataframe_split" must have "columns", an array of names, and "data", an array of rows.');
  }
  const wrong = data.findIndex((row) => !Array.isArray(row) || row.length !== columns.length);
  if (wrong >= 0) return refuse(`data[${wrong}] must be an array of ${columns.length} values, one a column.`);
  return { columns, rows: data };
}

/** Source: pandas, `DataFrame.to_dict(orient="records")`. */
function readRecords(body: Record<string, unknown>) {
  reportUnknownKeys(body, ["dataframe_records"], "The request", refuse);
  const records = body.dataframe_records;
  if (!Array.isArray(records) || !records.every(isFields)) {
    return refuse('"dataframe_records" must be an array of objects.');
  }
  const columns = Object.keys(records[0] ?? {});
  const wrong = records.findIndex(
    (record) =>
      Object.keys(record).length !== columns.length || columns.some((name) => !Object.hasOwn(record, name)),
  );
  if (wrong >= 0) return refuse(`dataframe_records[${wrong}] has other columns than the first record.`);
  return { columns, rows: records.map((record) => columns.map((name) => record[name])) };
}
