import type { Tensor } from "./tensor.ts";
import { isJsonDatatype, writeValues } from "./tensor-values.ts";

/** One prediction as it was answered. Its tensors are held, not copied: nothing changes them after that. */
export interface Prediction {
  readonly id: string;
  readonly model: string;
  readonly version: number;
  /** When it was answered, in milliseconds since 1970. */
  readonly time: number;
  readonly inputs: ReadonlyMap<string, Tensor>;
  readonly outputs: ReadonlyMap<string, Tensor>;
}

/** One row of the log. */
export interface PredictionRecord {
  readonly id: string;
  readonly model: string;
  readonly version: number;
  readonly time: number;
  /** Tensors as JSON, in the words of the Open Inference Protocol. */
  readonly inputs: string;
  readonly outputs: string;
}

/** Whether a prediction is in the sample. `random` is from 0 up to but without 1. */
export const isSampled = (fraction: number, random: number): boolean => random < fraction;

/** The share that a model's tag asks for: above 0, up to 1. Null for what is no such number: then nothing is kept. */
export function readFraction(text: string): number | null {
  if (!/^\d{1,3}(\.\d{1,12})?$/.test(text)) return null;
  const fraction = Number(text);
  return fraction > 0 && fraction <= 1 ? fraction : null;
}

const numberBytes = 8;

/** What a prediction takes while it waits, in bytes; texts count two bytes a character. */
export function bytesOf({ inputs, outputs }: Prediction): number {
  let sum = 0;
  for (const { datatype, data } of [...inputs.values(), ...outputs.values()]) {
    if (datatype !== "BYTES") sum += data.byteLength;
    else for (const text of data) sum += text.length * 2 + numberBytes;
  }
  return sum;
}

export function toRecord({ inputs, outputs, ...rest }: Prediction): PredictionRecord {
  return { ...rest, inputs: writeTensors(inputs), outputs: writeTensors(outputs) };
}

/** FP16, which JSON cannot carry, is written as the FP32 numbers that it is. */
function writeTensors(tensors: ReadonlyMap<string, Tensor>): string {
  const parts = [...tensors].map(([name, tensor]) => {
    const written = isJsonDatatype(tensor.datatype) ? tensor : widened(tensor);
    const shape = `[${tensor.shape.join(",")}]`;
    return `{"name":${JSON.stringify(name)},"datatype":"${written.datatype}","shape":${shape},"data":${writeValues(written)}}`;
  });
  return `[${parts.join(",")}]`;
}

function widened(tensor: Tensor): Tensor {
  if (tensor.datatype !== "FP16") return tensor;
  const data = Float32Array.from(tensor.data, halfValue);
  return { datatype: "FP32", shape: tensor.shape, data };
}

const exponentBias = 15;
const fractionSteps = 1_024;

/** Source: IEEE 754-2019, binary16. */
function halfValue(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 0) return sign * 2 ** (1 - exponentBias) * (fraction / fractionSteps);
  return sign * 2 ** (exponent - exponentBias) * (1 + fraction / fractionSteps);
}
