import { request } from "node:http";
import type { Replica } from "./service-process.ts";

/** What came back for one sending of a request; null where the connection was cut, by us or by a crash. */
export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly repeated: boolean;
  readonly retryAfter: string | undefined;
}

interface Sending {
  readonly path: string;
  readonly body: object;
  readonly key: string;
  readonly token: string;
  /** The connection is cut so long after the request was written, whatever has come by then. */
  readonly cutAfterMs?: number | undefined;
}

const timeoutMs = 10_000;

/** Sends a request over a connection of its own. */
export async function send(replica: Replica | undefined, sending: Sending): Promise<Answer | null> {
  const { path, body, key, token, cutAfterMs } = sending;
  const headers = {
    authorization: `Bearer ${token}`,
    "content-type": "application/json",
    "idempotency-key": key,
  };
  return await new Promise((resolve) => {
    const outgoing = request(`${replica?.url}${path}`, { method: "POST", agent: false, headers }, (reply) => {
      const parts: Buffer[] = [];
      reply.on("data", (part: Buffer) => parts.push(part));
      reply.on("error", () => resolve(null));
      reply.on("end", () =>
        resolve({
          status: reply.statusCode ?? 0,
          text: Buffer.concat(parts).toString(),
          repeated: reply.headers["idempotency-replayed"] === "true",
          retryAfter: reply.headers["retry-after"],
        }),
      );
    });
    outgoing.setTimeout(timeoutMs, () => outgoing.destroy());
    outgoing.on("error", () => resolve(null));
    outgoing.on("close", () => resolve(null));
    outgoing.end(JSON.stringify(body), () => {
      if (cutAfterMs !== undefined) setTimeout(() => outgoing.destroy(), cutAfterMs);
    });
  });
}
