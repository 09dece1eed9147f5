import type { PlatformEvent } from "@bedplate/contract";
import type { Database } from "../store/database.ts";
import { forgetDelivered, markDelivered, pendingEvents } from "../store/outbox.ts";

type Subscriber = (event: PlatformEvent) => Promise<void>;

interface DeliverySettings {
  readonly pollIntervalMs: number;
  readonly batchSize: number;
  readonly retentionMs: number;
}

/**
 * Hands the outbox's events to subscribers of this process, in order and at least once: an event is marked delivered
 * only after every subscriber took it, and one that fails is tried again at the next interval.
 */
export function startDelivery(
  db: Database,
  subscribers: readonly Subscriber[],
  settings: DeliverySettings,
  report: (error: unknown) => void,
  clock: () => number,
): { readonly close: () => Promise<void> } {
  let closed = false;

  async function deliver(): Promise<void> {
    const events = await pendingEvents(db, settings.batchSize);
    const delivered: number[] = [];
    try {
      for (const event of events) {
        if (closed) break;
        for (const take of subscribers) await take(event);
        delivered.push(event.sequence);
      }
    } finally {
      await markDelivered(db, delivered, clock());
    }
    await forgetDelivered(db, clock() - settings.retentionMs);
  }

  let current = Promise.resolve();
  const timer = setInterval(() => {
    current = current.then(() => (closed ? undefined : deliver())).catch(report);
  }, settings.pollIntervalMs);
  const close = async () => {
    closed = true;
    clearInterval(timer);
    await current;
  };
  return { close };
}
