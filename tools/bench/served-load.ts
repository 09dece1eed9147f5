import { Agent, request } from "node:http";
import { setTimeout as wait } from "node:timers/promises";

/** A request that is sent again and again. */
export interface Call {
  readonly url: string;
  readonly method: "GET" | "POST";
  readonly token: string;
  readonly body: string;
}

/** One answer; `status` is 0 where none came. */
export interface Answered {
  /** Since the load began, when it was sent, and how long it took, in milliseconds. */
  readonly at: number;
  readonly ms: number;
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly text: string;
}

const answerTimeoutMs = 60_000;

/** Keeps connections, as many as there are requests under way. */
export function createSender() {
  const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });

  function send({ url, method, token, body }: Call, begin = performance.now()): Promise<Answered> {
    const sentAt = performance.now();
    return new Promise((resolve) => {
      const done = (status: number, retryAfter: string | undefined, text: string) =>
        resolve({ at: sentAt - begin, ms: performance.now() - sentAt, status, retryAfter, text });
      const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
      const sent = request(url, { method, agent, headers, timeout: answerTimeoutMs }, (reply) => {
        let text = "";
        reply.setEncoding("utf8");
        reply.on("data", (part: string) => {
          text += part;
        });
        reply.on("end", () => done(reply.statusCode ?? 0, reply.headers["retry-after"], text));
        reply.on("error", () => done(0, undefined, ""));
      });
      sent.on("timeout", () => sent.destroy());
      sent.on("error", (error) => done(0, undefined, String(error)));
      sent.end(method === "GET" ? undefined : body);
    });
  }

  /** Each client sends its next request when it has the answer to the last one. */
  async function closedLoad(call: Call, clients: number, durationMs: number): Promise<readonly Answered[]> {
    const answers: Answered[] = [];
    const begin = performance.now();
    const client = async () => {
      while (performance.now() - begin < durationMs) answers.push(await send(call, begin));
    };
    await Promise.all(Array.from({ length: clients }, client));
    return answers;
  }

  /** Requests arrive by chance, so many a second, whether those before are answered or not. */
  async function openLoad(
    call: Call,
    { perSecond, durationMs, random }: { perSecond: number; durationMs: number; random: () => number },
  ): Promise<readonly Answered[]> {
    const begin = performance.now();
    const under: Promise<Answered>[] = [];
    let next = 0;
    while (next < durationMs) {
      const early = next - (performance.now() - begin);
      if (early >= 1) await wait(early);
      under.push(send(call, begin));
      next += (-Math.log(1 - random()) * 1_000) / perSecond;
    }
    return await Promise.all(under);
  }

  return { send, closedLoad, openLoad, close: () => agent.destroy() };
}
