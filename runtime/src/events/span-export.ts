import { readFile } from "node:fs/promises";
import type { Settings } from "@bedplate/contract";
import { writeExport } from "../domain/prediction-span.ts";
import type { Metrics } from "../ops/metrics.ts";
import { PredictionQueue } from "./prediction-queue.ts";

interface ExportParts {
  readonly settings: Pick<Settings, "tracing" | "stack" | "release">;
  readonly metrics: Pick<Metrics, "spansSentTotal" | "spansLostTotal">;
  readonly log: { readonly warn: (fields: object, message: string) => void };
}

/** Sends spans away, beside what they tell of and never before it. */
export interface SpanExport {
  /** Takes a span as JSON of OTLP. Never throws and never waits; what there is no room for is counted. */
  readonly add: (span: string) => void;
  /** Sends what waits, once. */
  readonly close: () => Promise<void>;
}

/** Null where no receiver is set. Source: OpenTelemetry protocol specification, "OTLP/HTTP". */
export function openSpanExport({ settings, metrics, log }: ExportParts): SpanExport | null {
  const { url, queueLimit, queueBytesLimit, batchSize, intervalMs } = settings.tracing;
  if (url === undefined) return null;
  const queue = new PredictionQueue<string>({
    settings: { queueLimit, queueBytesLimit, recordLimitBytes: queueBytesLimit },
    batch: { items: batchSize, bytes: queueBytesLimit, intervalMs },
    async write(spans) {
      await send(settings, url, spans);
      metrics.spansSentTotal.inc(spans.length);
    },
    onLost: (reason, count) => metrics.spansLostTotal.inc({ reason }, count),
    report: (error) => log.warn({ error }, "spans could not be sent; they wait for the next try"),
  });
  return { add: (span) => void queue.add(span, span.length), close: () => queue.close() };
}

async function send(
  { tracing, ...resource }: ExportParts["settings"],
  url: string,
  spans: readonly string[],
) {
  const { tokenFile, experimentId, timeoutMs } = tracing;
  const token = tokenFile === undefined ? null : (await readFile(tokenFile, "utf8")).trim();
  const answer = await fetch(url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(experimentId === undefined ? {} : { "x-mlflow-experiment-id": experimentId }),
    },
    body: writeExport(resource, spans),
    redirect: "error",
    signal: AbortSignal.timeout(timeoutMs),
  });
  await answer.body?.cancel();
  if (!answer.ok) throw new Error(`the receiver of spans answered ${answer.status}`);
}
