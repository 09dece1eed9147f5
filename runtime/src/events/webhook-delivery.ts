import { randomUUID } from "node:crypto";
import { Problem } from "../domain/problem.ts";
import type { Lane, Outcome, WaitingDelivery, WebhookQueue } from "../store/webhook-queue.ts";
import type { Receiver } from "../store/webhook-store.ts";
import { ReceiverRefused } from "./address-rules.ts";
import { retryDelayMs } from "./retry.plan.ts";
import type { WebhookSender } from "./webhook-sender.ts";

interface DeliverySettings {
  readonly pollIntervalMs: number;
  readonly concurrency: number;
  readonly timeoutMs: number;
  readonly leaseMarginMs: number;
  readonly maxAttempts: number;
  readonly retryBaseMs: number;
  readonly retryMaxMs: number;
  readonly retentionMs: number;
}

export interface DeliveryParts {
  readonly queue: WebhookQueue;
  /** Turns waiting events into deliveries and says how many it took. */
  readonly fanOut: () => Promise<number>;
  readonly receiver: (webhookId: string) => Promise<Receiver>;
  readonly send: WebhookSender;
  readonly settings: DeliverySettings;
  readonly clock: () => number;
  readonly report: (error: unknown) => void;
  readonly count: (outcome: "delivered" | "failed" | "dead") => void;
  readonly random: () => number;
}

/** Deliveries of one lane before it is given back, so that other lanes get their turn. */
const turn = 50;
/** Events are taken this many batches at a time before deliveries get a look. */
const batchesAtOnce = 10;
const forgetIntervalMs = 60_000;

/**
 * Delivers events to webhooks: at least once, in order for each webhook and subject, with a bounded number of requests
 * for each webhook. Several processes share the work through the database. Closing breaks off what is in flight;
 * that is sent again by whoever comes next.
 */
export function startWebhookDelivery(parts: DeliveryParts): { readonly close: () => Promise<void> } {
  const { queue, settings, report } = parts;
  const stop = new AbortController();
  const leaseMs = settings.timeoutMs + settings.leaseMarginMs;
  const holder = randomUUID();
  const busy = new Map<string, Set<Promise<void>>>();
  let forgottenAt = 0;
  let looking: Promise<void> | null = null;
  let again = false;

  async function work(lane: Lane): Promise<void> {
    for (let sent = 0; sent < turn && !stop.signal.aborted; sent++) {
      const delivery = await queue.next(lane, leaseMs);
      if (delivery === null) break;
      const outcome = await attempt(parts, lane.webhookId, delivery, stop.signal);
      if (outcome === null) break;
      await queue.record(lane, delivery.id, outcome);
      parts.count(outcome.state === "pending" ? "failed" : outcome.state);
      if (outcome.state === "pending") return;
    }
    await queue.release(lane);
  }

  function begin(lane: Lane, lanes: Set<Promise<void>>): void {
    const running = work(lane)
      .catch(report)
      .finally(() => {
        lanes.delete(running);
        look(takeLanes);
      });
    lanes.add(running);
  }

  async function takeLanes(): Promise<void> {
    for (const webhookId of await queue.due()) {
      const lanes = busy.get(webhookId) ?? new Set();
      busy.set(webhookId, lanes);
      const free = settings.concurrency - lanes.size;
      if (free <= 0 || stop.signal.aborted) continue;
      for (const lane of await queue.claim(webhookId, holder, free, leaseMs)) begin(lane, lanes);
    }
    for (const [webhookId, lanes] of busy) if (lanes.size === 0) busy.delete(webhookId);
  }

  async function takeEvents(): Promise<void> {
    for (let batch = 0; batch < batchesAtOnce && (await parts.fanOut()) > 0; batch++);
  }

  async function forget(): Promise<void> {
    if (parts.clock() - forgottenAt < forgetIntervalMs) return;
    forgottenAt = parts.clock();
    await queue.forget(forgottenAt - settings.retentionMs);
  }

  async function takeAll(): Promise<void> {
    await takeEvents().catch(report);
    await takeLanes();
    await forget();
  }

  /** One look at a time; a lane that is free during one gets another one after it. */
  function look(at: () => Promise<void>): void {
    if (stop.signal.aborted) return;
    if (looking !== null) {
      again = true;
      return;
    }
    again = false;
    looking = at()
      .catch(report)
      .finally(() => {
        looking = null;
        if (again) look(takeLanes);
      });
  }

  const timer = setInterval(() => look(takeAll), settings.pollIntervalMs);
  return {
    close: async () => {
      clearInterval(timer);
      stop.abort(new Error("The service is stopping."));
      await looking;
      await Promise.all([...busy.values()].flatMap((lanes) => [...lanes]));
    },
  };
}

/** One attempt and what came of it; null when it does not count, because the webhook is off or the service stops. */
async function attempt(
  parts: DeliveryParts,
  webhookId: string,
  delivery: WaitingDelivery,
  signal: AbortSignal,
): Promise<Outcome | null> {
  const { settings } = parts;
  const failed = (status: number | null, error: string): Outcome => {
    const failures = delivery.attempts + 1;
    if (failures >= settings.maxAttempts) return { state: "dead", status, error };
    const retryInMs = retryDelayMs(failures, settings, parts.random());
    return { state: "pending", status, error, retryInMs };
  };
  try {
    const receiver = await parts.receiver(webhookId);
    if (receiver.status !== "ACTIVE") return null;
    const request = { ...receiver, deliveryId: delivery.id, body: delivery.body };
    const { status } = await parts.send(request, { signal, readBody: false });
    if (status >= 200 && status < 300) return { state: "delivered", status };
    const moved = status >= 300 && status < 400 ? "; redirects are not followed" : "";
    return failed(status, `The receiver answered ${status}${moved}.`);
  } catch (error) {
    if (signal.aborted) return null;
    // No later attempt can end better: the address itself is the problem, until a person changes it.
    if (error instanceof ReceiverRefused) return { state: "dead", status: null, error: error.message };
    return failed(null, explainFailure(error));
  }
}

/** What the network says, in a sentence that a person can act on. */
export function explainFailure(error: unknown): string {
  if (error instanceof Problem || error instanceof ReceiverRefused) return error.message;
  if (!(error instanceof Error)) return "The request failed.";
  if (error.name === "TimeoutError") return "The receiver did not answer in time.";
  const code = "code" in error && typeof error.code === "string" ? error.code : error.name;
  return `The receiver could not be reached (${code.slice(0, 60)}).`;
}
