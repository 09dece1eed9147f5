import { errorCodes } from "@bedplate/contract";
import type { LoggerOptions } from "pino";

const ecsVersion = "9.1.0";

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
