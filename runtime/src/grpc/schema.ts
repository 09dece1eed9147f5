import { readFileSync } from "node:fs";
import { join } from "node:path";
import { grpcService } from "@bedplate/contract";
import type { ServiceDefinition } from "@grpc/grpc-js";
import protobuf from "protobufjs";
import { Problem } from "../domain/problem.ts";

/** Fields as the proto file names them; whole numbers as numbers. */
export type Message = Readonly<Record<string, unknown>>;

/** How the messages of one method are read and written. */
export interface MethodCodec {
  readonly path: string;
  /** Throws BODY_TOO_LARGE and MALFORMED_BODY. */
  readonly readRequest: (bytes: Buffer) => Message;
  readonly writeResponse: (message: object) => Buffer;
}

/** Every request but a prediction names a thing or two. */
const requestLimitBytes = 64 * 1024;

/** The methods that inference.proto has, by name. */
export function loadMethods(): ReadonlyMap<string, MethodCodec> {
  const text = readFileSync(join(import.meta.dirname, "inference.proto"), "utf8");
  const { root } = protobuf.parse(text, { keepCase: true });
  const codecs = root.lookupService(grpcService).methodsArray.map((method) => {
    const { name, requestType, responseType } = method;
    const request = root.lookupType(`inference.${requestType}`);
    const response = root.lookupType(`inference.${responseType}`);
    const codec: MethodCodec = {
      path: `/${grpcService}/${name}`,
      readRequest: (bytes) => readMessage(request, bytes),
      writeResponse: (message) => Buffer.from(response.encode(response.fromObject(message)).finish()),
    };
    return [name, codec] as const;
  });
  return new Map(codecs);
}

function readMessage(type: protobuf.Type, bytes: Buffer): Message {
  if (bytes.length > requestLimitBytes) {
    throw new Problem("BODY_TOO_LARGE", `A request of this method may have ${requestLimitBytes} bytes.`);
  }
  try {
    return type.toObject(type.decode(bytes), { defaults: true, longs: Number, objects: true });
  } catch {
    throw new Problem("MALFORMED_BODY", `The message is no ${type.name} in protobuf.`);
  }
}

const asItIs = (bytes: Buffer) => bytes;

/** The service as the server sees it: messages stay bytes until it is known who sent them. */
export function serviceOf(methods: ReadonlyMap<string, MethodCodec>): ServiceDefinition {
  return Object.fromEntries(
    [...methods].map(([name, { path }]) => [
      name,
      {
        path,
        requestStream: false,
        responseStream: false,
        requestSerialize: asItIs,
        requestDeserialize: asItIs,
        responseSerialize: asItIs,
        responseDeserialize: asItIs,
      },
    ]),
  );
}
