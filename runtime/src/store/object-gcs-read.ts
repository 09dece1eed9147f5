import { Readable } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import type { ByteRange } from "../domain/object-store.ts";
import type { GcsBucket } from "./object-gcs-client.ts";

const firstPauseMs = 250;

/**
 * The bytes of a key; null where there is none. Google's client is passed by: a download of it that is left early
 * closes the sockets of all others (`request.agent.destroy()` in its `createReadStream`).
 */
export async function readGcs(store: GcsBucket, key: string, range?: ByteRange): Promise<Readable | null> {
  const { attempts, idleTimeoutMs } = store.limits;
  const url = `${store.bucket.storage.apiEndpoint}/storage/v1/b/${store.bucket.name}/o/${encodeURIComponent(key)}?alt=media`;
  for (let attempt = 1; ; attempt++) {
    const silence = new Silence(idleTimeoutMs);
    const answer = await ask(store, url, range, silence).catch((error: unknown) => {
      if (attempt === attempts) throw error;
      return null;
    });
    if (answer?.ok && answer.body !== null) return Readable.from(content(answer.body, silence));
    await answer?.body?.cancel();
    if (answer?.ok) return Readable.from([]);
    if (answer?.status === 404) return null;
    const mayPass = answer === null || answer.status === 429 || answer.status >= 500;
    if (!mayPass || attempt === attempts) throw new Error(`the object store answered ${answer?.status}`);
    await wait(firstPauseMs * 2 ** attempt);
  }
}

async function ask(store: GcsBucket, url: string, range: ByteRange | undefined, silence: Silence) {
  const headers = new Headers(await store.authorization());
  if (range !== undefined) headers.set("range", `bytes=${range.start}-${range.end}`);
  return await silence.bound(fetch(url, { headers, signal: silence.signal }));
}

/** The time that a reader takes is not counted, only that of the store. */
async function* content(body: ReadableStream<Uint8Array>, silence: Silence): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await silence.bound(reader.read());
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

/** Ends a request when the store is silent for too long. */
class Silence {
  readonly #late = new AbortController();
  readonly #limitMs: number;

  constructor(limitMs: number) {
    this.#limitMs = limitMs;
  }

  get signal(): AbortSignal {
    return this.#late.signal;
  }

  async bound<T>(next: Promise<T>): Promise<T> {
    const said = new Error(`the object store said nothing for ${this.#limitMs} ms`);
    const timer = setTimeout(() => this.#late.abort(said), this.#limitMs);
    try {
      return await next;
    } finally {
      clearTimeout(timer);
    }
  }
}
