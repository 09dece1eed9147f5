import { randomUUID } from "node:crypto";
import type { Settings, WebhookEvent } from "@bedplate/contract";
import { Problem } from "../domain/problem.ts";
import { webhookBody, webhookExamples } from "../domain/webhook-payload.ts";
import type { Metrics } from "../ops/metrics.ts";
import type { Database } from "../store/database.ts";
import { fanOut } from "../store/webhook-fanout.ts";
import { createWebhookHistory } from "../store/webhook-history.ts";
import { createWebhookQueue } from "../store/webhook-queue.ts";
import { openSealer } from "../store/webhook-secret.ts";
import { createWebhookStore } from "../store/webhook-store.ts";
import { createAddressRules, ReceiverRefused, readReceiverUrl } from "./address-rules.ts";
import { createNameResolver } from "./name-resolver.ts";
import { explainFailure, startWebhookDelivery } from "./webhook-delivery.ts";
import { createWebhookSender } from "./webhook-sender.ts";

export interface WebhooksOptions {
  readonly db: Database;
  readonly settings: Pick<Settings, "webhooks" | "events" | "release">;
  readonly clock: () => number;
  readonly metrics: Metrics;
}

/** What a test of a webhook showed. */
export interface WebhookTest {
  readonly success: boolean;
  readonly status: number | null;
  readonly body: string;
  readonly error: string | null;
}

/**
 * Webhooks with all that belongs to them: keeping, sending, history. Nothing is delivered before `start`. Throws a
 * `Problem` when the key file or the list of allowed hosts is bad.
 */
export async function openWebhooks({ db, settings, clock, metrics }: WebhooksOptions) {
  const { webhooks: limits, events, release } = settings;
  const rules = createAddressRules(limits.allowedHosts);
  const sealer = limits.sealKeyFile === undefined ? null : await openSealer(limits.sealKeyFile);
  const store = createWebhookStore(db, {
    clock,
    sealer,
    limit: limits.limit,
    checkUrl: (url) => refuseBadUrl(() => readReceiverUrl(url, rules)),
  });
  const send = createWebhookSender({ ...limits, rules, resolve: createNameResolver(rules), release, clock });
  const queue = createWebhookQueue(db, clock);
  const step = { clock, batchSize: events.batchSize, queueLimit: limits.queueLimit };
  return {
    store,
    history: createWebhookHistory(db, step),
    countPending: () => queue.countPending(),

    /** Sends an example of the event, or of the first one that the webhook asks for, once and now. */
    async test(id: string, event: WebhookEvent | undefined): Promise<WebhookTest> {
      const receiver = await store.receiver(id);
      const name = event ?? receiver.events[0] ?? "registered_model.created";
      const body = webhookBody({ event: name, data: webhookExamples[name] }, clock());
      try {
        const request = { ...receiver, deliveryId: randomUUID(), body };
        const answer = await send(request, { signal: new AbortController().signal, readBody: true });
        return { ...answer, success: answer.status >= 200 && answer.status < 300, error: null };
      } catch (error) {
        return { success: false, status: null, body: "", error: explainFailure(error) };
      }
    },

    start: (report: (error: unknown) => void) =>
      startWebhookDelivery({
        queue,
        fanOut: () => fanOut(db, step),
        receiver: store.receiver,
        send,
        settings: { ...limits, pollIntervalMs: events.pollIntervalMs },
        clock,
        report,
        count: (outcome) => metrics.webhookAttemptsTotal.inc({ outcome }),
        random: Math.random,
      }),
  };
}

export type Webhooks = Awaited<ReturnType<typeof openWebhooks>>;

function refuseBadUrl(read: () => unknown): void {
  try {
    read();
  } catch (error) {
    if (error instanceof ReceiverRefused)
      throw new Problem("INVALID_REQUEST", `Invalid webhook URL. ${error.message}`);
    throw error;
  }
}
