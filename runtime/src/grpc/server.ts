import { randomUUID } from "node:crypto";
import { type GrpcMethod, type GrpcMethodName, grpcMethods } from "@bedplate/contract";
import {
  type handleUnaryCall,
  Metadata,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
} from "@grpc/grpc-js";
import type { FastifyBaseLogger } from "fastify";
import { readInferenceRequest } from "../domain/inference-request.ts";
import { Problem } from "../domain/problem.ts";
import type { Ports } from "../ports.ts";
import { admit, predict } from "../prediction.ts";
import { callerOf, guardCalls } from "./guard.ts";
import { readInferCall } from "./infer-request.ts";
import { writeInferResponse } from "./infer-response.ts";
import { methods, textOf } from "./methods.ts";
import { loadMethods, type MethodCodec, serviceOf } from "./schema.ts";
import { statusOf } from "./status.ts";

/** The gRPC surface while it listens. */
export interface GrpcServer {
  /** Host and port. */
  readonly address: string;
  /** Takes no new calls, and ends those under way after `drainMs` at the latest. */
  readonly close: (drainMs: number) => Promise<void>;
}

interface Listener {
  readonly host: string;
  /** 0 is any free one. */
  readonly port: number;
}

type Call = ServerUnaryCall<Buffer, Buffer>;

/** Predictions over gRPC: the Open Inference Protocol V2 with Triton's extensions. Throws where the port is taken. */
export async function openGrpc(
  ports: Ports,
  { host, port }: Listener,
  log?: FastifyBaseLogger,
): Promise<GrpcServer> {
  const server = new Server({
    interceptors: [guardCalls({ ports, log })],
    "grpc.max_receive_message_length": ports.settings.http.bodyLimitBytes,
    "grpc.max_send_message_length": -1,
  });
  const codecs = loadMethods();
  server.addService(serviceOf(codecs), handlersOf(ports, codecs, log));
  const authority = host.includes(":") ? `[${host}]` : host;
  const bound = await bind(server, `${authority}:${port}`);
  return { address: `${authority}:${bound}`, close: (drainMs) => shutDown(server, drainMs) };
}

function bind(server: Server, address: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  server.bindAsync(address, ServerCredentials.createInsecure(), (error, port) => {
    if (error === null) resolve(port);
    else reject(new Problem("UNAVAILABLE", `gRPC cannot listen on ${address}: ${error.message}`));
  });
  return promise;
}

async function shutDown(server: Server, drainMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(() => server.forceShutdown(), drainMs);
  server.tryShutdown(() => resolve());
  await promise;
  clearTimeout(timer);
}

function handlersOf(
  ports: Ports,
  codecs: ReadonlyMap<string, MethodCodec>,
  log: FastifyBaseLogger | undefined,
): Record<string, handleUnaryCall<Buffer, Buffer>> {
  const handlers = Object.keys(grpcMethods).map((key) => {
    const name = key as GrpcMethodName;
    const codec = codecs.get(name);
    if (codec === undefined) throw new Error(`inference.proto has no method ${name}`);
    const act =
      name === "ModelInfer"
        ? (call: Call) => infer(ports, call)
        : (call: Call) => answer(ports, name, codec, call);
    const handler: handleUnaryCall<Buffer, Buffer> = (call, reply) => {
      act(call).then(
        (bytes) => reply(null, bytes),
        (error: unknown) => {
          if (!(error instanceof Problem)) log?.error({ error }, "call failed");
          reply(statusOf(error));
        },
      );
    };
    return [name, handler] as const;
  });
  return Object.fromEntries(handlers);
}

async function answer(
  ports: Ports,
  name: Exclude<GrpcMethodName, "ModelInfer">,
  codec: MethodCodec,
  call: Call,
): Promise<Buffer> {
  const request = codec.readRequest(call.request);
  const { about }: GrpcMethod = grpcMethods[name];
  try {
    if (typeof about === "object") await requireSight(ports, name, call, textOf(request[about.model]));
    return codec.writeResponse(await methods[name](request, ports, callerOf(call.metadata)));
  } catch (error) {
    // Whether a model answers is what this method is asked, as Triton has it.
    if (name !== "ModelReady" || !(error instanceof Problem) || error.code !== "MODEL_NOT_SERVED")
      throw error;
    return codec.writeResponse({ ready: false });
  }
}

async function infer(ports: Ports, call: Call): Promise<Buffer> {
  const { model, version, body } = readInferCall(call.request);
  await requireSight(ports, "ModelInfer", call, model);
  const target = { model, version };
  const own = timeoutOf(call);
  const ticket = admit(ports, target, call.request.length, own.timeoutMs);
  try {
    const read = (signature: Parameters<typeof readInferenceRequest>[1]) =>
      readInferenceRequest(body, signature);
    const given = await predict(ports, target, read, {
      ticket,
      ...own,
      isGone: () => call.cancelled,
      requestId: randomUUID(),
      header: (name) => call.metadata.get(name)[0]?.toString(),
    });
    if (given.keptAs !== null) {
      const metadata = new Metadata();
      metadata.set("x-bedplate-prediction-id", encodeURIComponent(given.keptAs));
      call.sendMetadata(metadata);
    }
    return writeInferResponse(model, given);
  } finally {
    ticket.release();
  }
}

/** Throws what the caller's team may not see or change. Without a name there is nothing to look up. */
async function requireSight(
  { guard }: Ports,
  name: GrpcMethodName,
  call: Call,
  model: string,
): Promise<void> {
  const identity = callerOf(call.metadata);
  if (identity === undefined) throw new Problem("UNAUTHENTICATED", "Nobody is signed in.");
  if (identity.team === null || model === "") return;
  const { scope }: GrpcMethod = grpcMethods[name];
  const changes = scope === "model:promote";
  await guard.require(identity, [{ kind: "served-model", id: model, changes, mayBeAbsent: false }]);
}

/** What is left of the caller's own deadline. */
function timeoutOf(call: Call): { timeoutMs?: number } {
  const deadline = Number(call.getDeadline());
  return Number.isFinite(deadline) ? { timeoutMs: Math.max(0, deadline - Date.now()) } : {};
}
