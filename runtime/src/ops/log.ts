import { errorCodes } from "@bedplate/contract";
import pino, { type DestinationStream, type LoggerOptions } from "pino";

const ecsVersion = "9.1.0";
/** Lines wait for others until there is so much of them, or so long. */
const togetherBytes = 8_192;
const togetherMs = 100;

/**
 * Standard output, to which lines are written together: a write for each line costs more than a prediction. What waits
 * is written when the process ends, for whatever reason but SIGKILL.
 */
export const logDestination = (): DestinationStream =>
  pino.destination({ dest: 1, sync: false, minLength: togetherBytes, periodicFlush: togetherMs });

/**
 * Options of the service's log: one JSON object a line in the Elastic Common Schema.
 * Requests are logged by the access hook without headers or bodies, so that no secret can get in.
 */
export function logOptions(settings: { readonly release: string; readonly stack: string }): LoggerOptions {
  return {
    level: "info",
    messageKey: "message",
    timestamp: () => `,"@timestamp":"${new Date().toISOString()}"`,
    base: {
      "ecs.version": ecsVersion,
      "service.name": "bedplate",
      "service.version": settings.release,
      "labels.stack": settings.stack,
    },
    formatters: { level: (name) => ({ "log.level": name }) },
    serializers: {
      error: (error: unknown) =>
        error instanceof Error
          ? { type: error.name, message: error.message, stack_trace: error.stack }
          : { type: typeof error, message: errorCodes.INTERNAL.title },
    },
  };
}
