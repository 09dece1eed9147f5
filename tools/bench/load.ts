import { Agent, request } from "node:http";

/** Where a benchmark's requests go. */
export interface Target {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** One request of a load. */
export interface Call {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly body?: unknown;
}

interface Bounds {
  readonly clients: number;
  /** No request is started after this time; those in flight are waited for. */
  readonly durationMs: number;
  readonly maxCount: number;
}

interface LoadResult {
  readonly perSecond: number;
  /** Milliseconds of each request, in the order of their ends. */
  readonly latencies: readonly number[];
}

const answerTimeoutMs = 120_000;

/** Keep-alive connections to a target. Close them before the target is stopped. */
export function connect(target: Target, clients: number) {
  const agent = new Agent({ keepAlive: true, maxSockets: clients });

  /** Sends one request and gives its answer's text. Throws when the answer is not a 2xx: a failed request is no result. */
  function send(call: Call): Promise<string> {
    const body = call.body === undefined ? undefined : JSON.stringify(call.body);
    const headers = {
      ...target.headers,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    };
    return new Promise((resolve, reject) => {
      const sent = request(
        `${target.url}${call.path}`,
        { method: call.method, agent, headers, timeout: answerTimeoutMs },
        (answer) => {
          const chunks: Buffer[] = [];
          answer.on("data", (chunk: Buffer) => chunks.push(chunk));
          answer.on("error", reject);
          answer.on("end", () => {
            const text = Buffer.concat(chunks).toString();
            if (answer.statusCode !== undefined && answer.statusCode < 300) resolve(text);
            else reject(new Error(`${call.method} ${call.path}: ${answer.statusCode} ${text.slice(0, 500)}`));
          });
        },
      );
      sent.on("timeout", () => sent.destroy(new Error(`${call.path}: no answer in ${answerTimeoutMs} ms`)));
      sent.on("error", reject);
      sent.end(body);
    });
  }

  /** A closed loop: each client sends its next request when the answer to the last one is complete. */
  async function load(next: () => Call, bounds: Bounds): Promise<LoadResult> {
    const latencies: number[] = [];
    let started = 0;
    const begin = performance.now();
    const client = async () => {
      while (started < bounds.maxCount && performance.now() - begin < bounds.durationMs) {
        started += 1;
        const call = next();
        const at = performance.now();
        await send(call);
        latencies.push(performance.now() - at);
      }
    };
    await Promise.all(Array.from({ length: bounds.clients }, client));
    return { perSecond: (latencies.length * 1_000) / (performance.now() - begin), latencies };
  }

  return { send, load, close: () => agent.destroy() };
}
