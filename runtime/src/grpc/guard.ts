import { type GrpcMethod, type GrpcMethodName, grpcMethods } from "@bedplate/contract";
import { type Metadata, ServerInterceptingCall, type ServerInterceptor, status } from "@grpc/grpc-js";
import type { FastifyBaseLogger } from "fastify";
import { requireRight } from "../domain/access-rules.ts";
import { type Identity, parseAuthorization } from "../domain/identity.ts";
import { Problem } from "../domain/problem.ts";
import type { Ports } from "../ports.ts";
import { statusOf } from "./status.ts";

const identities = new WeakMap<Metadata, Identity>();

/** Who makes a call; nobody where the method is public. */
export const callerOf = (metadata: Metadata): Identity | undefined => identities.get(metadata);

interface GuardParts {
  readonly ports: Pick<Ports, "identities" | "callers" | "settings" | "metrics">;
  readonly log: FastifyBaseLogger | undefined;
}

/**
 * Lets a call pass only to a method of the contract, only with that method's scope, and only while there is a place,
 * before its message is read; ends it where the message does not arrive in time. Measures and logs every call on one
 * line, without metadata or messages.
 */
export function guardCalls({ ports, log }: GuardParts): ServerInterceptor {
  const { callLimit } = ports.settings.grpc;
  const { requestTimeoutMs } = ports.settings.http;
  let under = 0;
  return (definition, call) => {
    const name = definition.path.slice(definition.path.lastIndexOf("/") + 1);
    const started = performance.now();
    let code: status = status.CANCELLED;
    let user = "anonymous";
    let timer: NodeJS.Timeout | undefined;
    under++;
    const enter = async (metadata: Metadata) => {
      if (under > callLimit) {
        throw new Problem(
          "TOO_MANY_REQUESTS",
          `${callLimit} calls are under way (grpc.callLimit); try again.`,
        );
      }
      const identity = await identify(name, metadata, ports);
      if (identity === null) return;
      user = identity.name;
      identities.set(metadata, identity);
    };
    const end = (given: Parameters<typeof guarded.sendStatus>[0]) => guarded.sendStatus(given);
    const guarded: ServerInterceptingCall = new ServerInterceptingCall(call, {
      start: (next) =>
        next({
          onReceiveMetadata(metadata, pass) {
            const late = new Problem(
              "BODY_TOO_SLOW",
              `The message did not arrive within ${requestTimeoutMs} ms.`,
            );
            timer = setTimeout(() => end(statusOf(late)), requestTimeoutMs);
            enter(metadata).then(
              () => pass(metadata),
              (error: unknown) => end(statusOf(error)),
            );
          },
          onReceiveMessage(message, pass) {
            clearTimeout(timer);
            pass(message);
          },
          // Called at the end of every call, whatever the end.
          onCancel() {
            clearTimeout(timer);
            under--;
            const ms = performance.now() - started;
            record({ ports, log, name, code, user, ms });
          },
        }),
      sendStatus(given, pass) {
        code = given.code ?? status.UNKNOWN;
        pass(given);
      },
    });
    return guarded;
  };
}

/** Null for public methods. Throws UNAUTHENTICATED and FORBIDDEN. */
async function identify(
  name: string,
  metadata: Metadata,
  ports: GuardParts["ports"],
): Promise<Identity | null> {
  const method = methodOf(name);
  if (method.scope === "public") return null;
  const [given] = metadata.get("authorization");
  const identity = typeof given === "string" ? await authenticate(given, method, ports) : null;
  if (identity === null) {
    throw new Problem(
      "UNAUTHENTICATED",
      "Send the platform's token in the metadata: authorization: Bearer <token>.",
    );
  }
  requireRight(identity, { scope: method.scope, isAboutPlatform: false });
  return identity;
}

async function authenticate(
  authorization: string,
  { scope }: GrpcMethod,
  { identities: store, callers }: GuardParts["ports"],
): Promise<Identity | null> {
  const known = scope === "inference:call" ? callers.find(authorization) : null;
  if (known !== null) return known;
  const credential = parseAuthorization(authorization);
  const identity = credential === null ? null : await store.authenticate(credential);
  if (identity !== null) callers.keep(authorization, identity);
  return identity;
}

/** A method that the contract does not name is nobody's. */
function methodOf(name: string): GrpcMethod {
  if (!Object.hasOwn(grpcMethods, name)) {
    throw new Problem("FORBIDDEN", "This method is not in the service's contract, so nobody may use it.");
  }
  return grpcMethods[name as GrpcMethodName];
}

const nanosecondsPerMillisecond = 1_000_000;
const millisecondsPerSecond = 1_000;

interface Ended extends GuardParts {
  readonly name: string;
  readonly code: status;
  readonly user: string;
  readonly ms: number;
}

function record({ ports, log, name, code, user, ms }: Ended): void {
  const labels = { method: name, code: status[code] };
  ports.metrics.grpcCallSeconds.observe(labels, ms / millisecondsPerSecond);
  const isProbe = Object.hasOwn(grpcMethods, name) && grpcMethods[name as GrpcMethodName].scope === "public";
  if (isProbe && code === status.OK) return;
  log?.info(
    {
      "rpc.method": name,
      "rpc.grpc.status_code": code,
      "user.name": user,
      "event.duration": Math.round(ms * nanosecondsPerMillisecond),
    },
    "call",
  );
}
