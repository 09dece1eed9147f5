import protobuf from "protobufjs/light.js";
import { writeBytes } from "../domain/tensor-bytes.ts";
import type { InferenceAnswer } from "../inference/model-host.ts";

const delimited = (id: number) => (id << 3) | 2;

/**
 * Writes a ModelInfer answer, all values in raw contents. Field numbers are those of inference.proto.
 * Values are written as they lie in memory, without an object for each output in between.
 */
export function writeInferResponse(model: string, { version, outputs, request }: InferenceAnswer): Buffer {
  const writer = protobuf.Writer.create();
  writer.uint32(delimited(1)).string(model).uint32(delimited(2)).string(String(version));
  if (request.id !== undefined) writer.uint32(delimited(3)).string(request.id);
  for (const [name, { datatype, shape }] of outputs) {
    writer.uint32(delimited(5)).fork();
    writer.uint32(delimited(1)).string(name).uint32(delimited(2)).string(datatype);
    writer.uint32(delimited(3)).fork();
    for (const dimension of shape) writer.int64(dimension);
    writer.ldelim().ldelim();
  }
  for (const tensor of outputs.values()) writer.uint32(delimited(6)).bytes(writeBytes(tensor));
  return Buffer.from(writer.finish());
}
