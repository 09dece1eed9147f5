import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReceivedObject, StoredObject } from "../domain/object-store.ts";
import { metered } from "./object-meter.ts";

/** Bytes up to which an object is held in memory, so that it is written once, under its address. */
const inlineBytes = 1024 * 1024;

/** What a bucket does with an upload. */
export interface UploadPlace {
  /** For bytes that wait in memory for their address. */
  readonly hold: (body: Buffer, stored: StoredObject) => ReceivedObject;
  /** For bytes of any size: streams them to a place of their own and says which. */
  readonly stream: (body: Readable) => Promise<string>;
  /** What lies at such a place. */
  readonly incoming: (key: string, stored: StoredObject) => ReceivedObject;
}

/** Small objects wait in memory for their address; larger ones stream to a place of their own. */
export async function receiveObject(
  place: UploadPlace,
  content: Readable,
  limitBytes: number,
): Promise<ReceivedObject> {
  const meter = metered(limitBytes);
  const flow = pipeline(content, meter.through);
  // Its failure also ends the reading of `through`, which is where it is met.
  flow.catch(() => {});
  const head: Buffer[] = [];
  let held = 0;
  for await (const chunk of meter.through.iterator({ destroyOnReturn: false })) {
    head.push(chunk as Buffer);
    held += (chunk as Buffer).length;
    if (held > inlineBytes) break;
  }
  if (held <= inlineBytes) return place.hold(Buffer.concat(head), meter.result());
  try {
    const key = await place.stream(Readable.from(joined(head, meter.through), { objectMode: false }));
    await flow;
    return place.incoming(key, meter.result());
  } catch (error) {
    meter.through.destroy();
    throw error;
  }
}

async function* joined(head: Buffer[], rest: Readable): AsyncGenerator<Buffer> {
  yield* head.splice(0);
  for await (const chunk of rest) yield chunk as Buffer;
}
