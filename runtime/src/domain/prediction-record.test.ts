import fc from "fast-check";
import { expect, test } from "vitest";
import { anyTensor } from "../../testing/any-tensor.ts";
import { readPredictionFile, writePredictionFile } from "../events/prediction-file.ts";
import { toEvents } from "./prediction-event.ts";
import { bytesOf, isSampled, type Prediction, readFraction, toRecord } from "./prediction-record.ts";
import type { Tensor } from "./tensor.ts";

const of = (tensor: Tensor, id = "r1"): Prediction => ({
  id,
  model: "penguins",
  version: 3,
  time: Date.UTC(2026, 10, 30, 12),
  inputs: new Map([["x", tensor]]),
  outputs: new Map([["y", tensor]]),
});

test("any predictions are read back from a Parquet file as they were", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(anyTensor, fc.string({ unit: "grapheme", minLength: 1 })), {
        minLength: 1,
        maxLength: 5,
      }),
      async (all) => {
        const predictions = all.map(([tensor, id]) => of(tensor, id));
        const read = await readPredictionFile(await writePredictionFile(predictions));
        expect(read).toEqual(predictions.map(toRecord));
      },
    ),
    { numRuns: 50 },
  );
});

test("tensors are written as the protocol has them, halves as the numbers that they are", () => {
  const halves = Uint16Array.from([0x3e00, 0x8000, 0x0001, 0x7c00, 0x7e00, 0xfbff]);
  const { inputs } = toRecord(of({ datatype: "FP16", shape: [6], data: halves }));
  expect(JSON.parse(inputs)).toEqual([
    { name: "x", datatype: "FP32", shape: [6], data: [1.5, -0, 2 ** -24, "Infinity", "NaN", -65504] },
  ]);
  const large = toRecord(of({ datatype: "INT64", shape: [1], data: BigInt64Array.from([2n ** 63n - 1n]) }));
  expect(large.outputs).toContain("[9223372036854775807]");
});

test("the share that a tag asks for is above 0 and up to 1, else nothing is kept", () => {
  expect(["1", "0.25", "0.000001"].map(readFraction)).toEqual([1, 0.25, 0.000001]);
  for (const wrong of ["0", "0.0", "1.1", "-1", "", "all", "1e-3", "NaN", " 1", "0x1"])
    expect(readFraction(wrong)).toBeNull();
  expect(isSampled(1, 0.999_999)).toBe(true);
  expect(isSampled(0.25, 0.25)).toBe(false);
  expect(isSampled(0.25, 0.249)).toBe(true);
});

test("texts count what they take while they wait", () => {
  expect(bytesOf(of({ datatype: "BYTES", shape: [2], data: ["ab", ""] }))).toBe(2 * (4 + 16));
  expect(bytesOf(of({ datatype: "FP64", shape: [2], data: new Float64Array(2) }))).toBe(32);
});

test("the events have KServe's types and extensions, and headers that HTTP can carry", () => {
  const record = toRecord({
    ...of({ datatype: "INT8", shape: [1], data: Int8Array.of(1) }, 'ä "x"'),
    model: "€uro",
  });
  const [request, response] = toEvents(record, "urn:bedplate:local", "default");
  expect(request?.headers).toMatchObject({
    "ce-specversion": "1.0",
    "ce-type": "org.kubeflow.serving.inference.request",
    "ce-id": "%C3%A4%20%22x%22",
    "ce-inferenceservicename": "%E2%82%ACuro",
    "ce-namespace": "default",
    "ce-component": "predictor",
    "ce-endpoint": "default",
    "ce-recordedtime": "2026-11-30T12:00:00.000Z",
  });
  expect(response?.headers).toMatchObject({ "ce-type": "org.kubeflow.serving.inference.response" });
  expect(JSON.parse(request?.body ?? "")).toMatchObject({ id: 'ä "x"', inputs: [{ data: [1] }] });
  expect(JSON.parse(response?.body ?? "")).toMatchObject({ model_version: "3", outputs: [{ name: "y" }] });
});
