import { Readable } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import type { ByteRange } from "../domain/object-store.ts";
import { attempts, type GcsBucket } from "./object-gcs-client.ts";

const headersTimeoutMs = 60_000;
const firstPauseMs = 250;

/**
 * The bytes of a key; null where there is none. Google's client is passed by: a download of it that is left early
 * closes the sockets of all others (`request.agent.destroy()` in its `createReadStream`).
 */
export async function readGcs(store: GcsBucket, key: string, range?: ByteRange): Promise<Readable | null> {
  const url = `${store.bucket.storage.apiEndpoint}/storage/v1/b/${store.bucket.name}/o/${encodeURIComponent(key)}?alt=media`;
  for (let attempt = 1; ; attempt++) {
    const answer = await ask(store, url, range).catch((error: unknown) => {
      if (attempt === attempts) throw error;
      return null;
    });
    if (answer?.ok && answer.body !== null) return Readable.fromWeb(answer.body);
    await answer?.body?.cancel();
    if (answer?.ok) return Readable.from([]);
    if (answer?.status === 404) return null;
    const mayPass = answer === null || answer.status === 429 || answer.status >= 500;
    if (!mayPass || attempt === attempts) throw new Error(`the object store answered ${answer?.status}`);
    await wait(firstPauseMs * 2 ** attempt);
  }
}

async function ask(store: GcsBucket, url: string, range: ByteRange | undefined): Promise<Response> {
  const headers = new Headers(await store.authorization());
  if (range !== undefined) headers.set("range", `bytes=${range.start}-${range.end}`);
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), headersTimeoutMs);
  try {
    return await fetch(url, { headers, signal: late.signal });
  } finally {
    clearTimeout(timer);
  }
}
