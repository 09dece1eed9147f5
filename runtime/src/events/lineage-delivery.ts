import { readFile } from "node:fs/promises";
import type { Settings } from "@bedplate/contract";
import type { LineageStore } from "../store/lineage-store.ts";

interface DeliveryParts {
  readonly lineage: Pick<LineageStore, "pending" | "settle" | "forget">;
  readonly settings: Settings["lineage"];
  readonly report: (error: unknown) => void;
  readonly clock: () => number;
}

const refusalLimit = 500;

/**
 * Sends our own events to the endpoint of the settings, in order and at least once. One that the receiver refuses for
 * good is marked and passed over; anything else stops the row until the next try, which comes later each time.
 */
export function startLineageDelivery(parts: DeliveryParts): { readonly close: () => Promise<void> } {
  const { lineage, settings, report, clock } = parts;
  const stop = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let failures = 0;

  async function deliver(url: string): Promise<void> {
    const token =
      settings.tokenFile === undefined ? null : (await readFile(settings.tokenFile, "utf8")).trim();
    for (const { sequence, event } of await lineage.pending(settings.batchSize)) {
      if (stop.signal.aborted) return;
      const limit = AbortSignal.any([stop.signal, AbortSignal.timeout(settings.timeoutMs)]);
      await lineage.settle(sequence, await send(url, token, event, limit));
    }
  }

  async function turn(): Promise<void> {
    try {
      if (settings.url !== undefined) await deliver(settings.url);
      await lineage.forget(clock() - settings.retentionMs);
      failures = 0;
    } catch (error) {
      if (stop.signal.aborted) return;
      failures++;
      report(error);
    }
  }

  let current = Promise.resolve();
  const schedule = () => {
    const wait = Math.min(settings.pollIntervalMs * 2 ** Math.min(failures, 20), settings.retryMaxMs);
    timer = setTimeout(() => {
      current = turn().then(() => {
        if (!stop.signal.aborted) schedule();
      });
    }, wait);
    timer.unref();
  };
  schedule();
  return {
    async close() {
      stop.abort();
      clearTimeout(timer);
      await current;
    },
  };
}

/** Null when the receiver took it, its reason when it never will; throws when a later try may go well. */
async function send(
  url: string,
  token: string | null,
  event: object,
  signal: AbortSignal,
): Promise<string | null> {
  const answer = await fetch(url, {
    method: "POST",
    redirect: "manual",
    headers: {
      "content-type": "application/json",
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(event),
    signal,
  });
  const said = `${answer.status} ${(await readSome(answer)).slice(0, refusalLimit)}`.trim();
  if (answer.ok) return null;
  const forGood = answer.status === 400 || answer.status === 413 || answer.status === 422;
  if (forGood) return said;
  throw new Error(`the lineage endpoint answered ${said}`);
}

/** The beginning of an answer; the rest is not waited for. */
async function readSome(answer: Response): Promise<string> {
  const reader = answer.body?.getReader();
  if (reader === undefined) return "";
  const { value } = await reader.read();
  await reader.cancel();
  return value === undefined ? "" : Buffer.from(value).toString("utf8");
}
