import { readFileSync } from "node:fs";
import { join } from "node:path";
import { grpcService } from "@bedplate/contract";
import { Client, credentials, Metadata, type ServiceError } from "@grpc/grpc-js";
import protobuf from "protobufjs";

const { root } = protobuf.parse(
  readFileSync(join(import.meta.dirname, "../src/grpc/inference.proto"), "utf8"),
  {
    keepCase: true,
  },
);

/** A message of inference.proto as bytes, written by a library that knows nothing of our own codec. */
export function encode(name: string, fields: object): Buffer {
  const type = root.lookupType(`inference.${name}`);
  return Buffer.from(type.encode(type.fromObject(fields)).finish());
}

export function decode(name: string, bytes: Uint8Array): Record<string, unknown> {
  const type = root.lookupType(`inference.${name}`);
  return type.toObject(type.decode(bytes), { defaults: true, longs: Number });
}

interface CallOptions {
  readonly token?: string | null;
  readonly timeoutMs?: number;
}

/** A client of the gRPC surface as any language's stubs would be. */
export function openGrpcClient(address: string, ownToken: string) {
  const client = new Client(address, credentials.createInsecure(), { "grpc.max_receive_message_length": -1 });

  /** Sends bytes to any method, also to one that is not there; rejects with grpc-js's error. */
  function send(
    name: string,
    bytes: Buffer,
    { token = ownToken, timeoutMs }: CallOptions = {},
  ): Promise<Buffer> {
    const metadata = new Metadata();
    if (token !== null) metadata.set("authorization", `Bearer ${token}`);
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
    client.makeUnaryRequest(
      `/${grpcService}/${name}`,
      (value: Buffer) => value,
      (value: Buffer) => value,
      bytes,
      metadata,
      timeoutMs === undefined ? {} : { deadline: Date.now() + timeoutMs },
      (error: ServiceError | null, answer?: Buffer) => {
        if (error === null && answer !== undefined) resolve(answer);
        else reject(error);
      },
    );
    return promise;
  }

  return {
    send,
    async call(name: string, fields: object, options?: CallOptions): Promise<Record<string, unknown>> {
      return decode(`${name}Response`, await send(name, encode(`${name}Request`, fields), options));
    },
    close: () => client.close(),
  };
}
