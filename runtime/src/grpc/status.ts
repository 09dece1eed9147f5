import { errorCodes } from "@bedplate/contract";
import { Metadata, type StatusObject, status } from "@grpc/grpc-js";
import { retryAfterSeconds } from "../domain/expected-wait.ts";
import { Problem } from "../domain/problem.ts";

/** Statuses by those of HTTP. Source: google.rpc.Code, and what gRPC itself says of messages over its limits. */
const statuses = {
  400: status.INVALID_ARGUMENT,
  401: status.UNAUTHENTICATED,
  403: status.PERMISSION_DENIED,
  404: status.NOT_FOUND,
  405: status.UNIMPLEMENTED,
  408: status.DEADLINE_EXCEEDED,
  409: status.FAILED_PRECONDITION,
  413: status.RESOURCE_EXHAUSTED,
  415: status.INVALID_ARGUMENT,
  416: status.OUT_OF_RANGE,
  422: status.FAILED_PRECONDITION,
  429: status.RESOURCE_EXHAUSTED,
  431: status.RESOURCE_EXHAUSTED,
  499: status.CANCELLED,
  500: status.INTERNAL,
  501: status.UNIMPLEMENTED,
  503: status.UNAVAILABLE,
  504: status.DEADLINE_EXCEEDED,
} as const satisfies Record<(typeof errorCodes)[keyof typeof errorCodes]["status"], status>;

/** Headers of an answer have room for 8 KiB in many clients, and percent-encoding takes three bytes a byte. */
const detailsLimit = 1_000;
const millisecondsPerSecond = 1_000;

/** A failure in gRPC's words. What we did not expect tells nothing about itself. */
export function statusOf(error: unknown): StatusObject {
  const problem =
    error instanceof Problem
      ? error
      : new Problem("INTERNAL", "The service could not do this. Its log has the details.");
  const metadata = new Metadata();
  metadata.set("bedplate-error-code", problem.code);
  // Source: gRPC, "gRPC Retry Design", pushback.
  if (problem.status === 429 || problem.status === 503) {
    const pushbackMs = retryAfterSeconds(problem.retryAfterMs) * millisecondsPerSecond;
    metadata.set("grpc-retry-pushback-ms", String(pushbackMs));
  }
  const details = problem.message.slice(0, detailsLimit).toWellFormed();
  return { code: statuses[errorCodes[problem.code].status], details, metadata };
}
