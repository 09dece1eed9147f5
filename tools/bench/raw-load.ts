import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { Target } from "./load.ts";

/** A POST that is sent again and again. */
export interface RawCall {
  readonly path: string;
  readonly body: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One answer of an open load; times in milliseconds. */
export interface RawAnswer {
  readonly status: number;
  /** When it was due, since the load began. */
  readonly at: number;
  /** From when it was due until its answer was complete. */
  readonly ms: number;
}

interface OpenBounds {
  readonly connections: number;
  readonly perSecond: number;
  readonly durationMs: number;
}

interface RawResult {
  readonly perSecond: number;
  /** Milliseconds of each request, in the order of their ends. */
  readonly latencies: readonly number[];
}

/**
 * A closed loop over bare sockets, so that the client's own work stays small beside the server's: each connection sends
 * the same bytes again when the answer is complete. Throws at the first answer that is not 200.
 */
export async function rawLoad(
  target: Target,
  call: RawCall,
  bounds: { readonly clients: number; readonly durationMs: number },
): Promise<RawResult> {
  const bytes = requestOf(target, call);
  const sockets = await connectAll(target, bounds.clients);
  const latencies: number[] = [];
  const begin = performance.now();
  const end = begin + bounds.durationMs;
  try {
    await Promise.all(sockets.map((socket) => loop(socket, bytes, end, latencies)));
  } finally {
    for (const socket of sockets) socket.destroy();
  }
  return { perSecond: (latencies.length * 1_000) / (performance.now() - begin), latencies };
}

function requestOf(target: Target, { path, body, headers = {} }: RawCall): Buffer {
  const all = {
    host: new URL(target.url).host,
    ...target.headers,
    ...headers,
    "content-length": body.length,
  };
  const head = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`POST ${path} HTTP/1.1\r\n${head.join("")}\r\n`), body]);
}

/** An open load; throws at the first answer that is not 200. */
export async function openLoad(target: Target, call: RawCall, bounds: OpenBounds): Promise<RawResult> {
  const begin = performance.now();
  const answers = await openAnswers(target, call, { ...bounds, isPunctual: true });
  const other = answers.find(({ status }) => status !== 200);
  if (other !== undefined) throw new Error(`no result: an answer with ${other.status}`);
  const latencies = answers.map(({ ms }) => ms);
  return { perSecond: (latencies.length * 1_000) / (performance.now() - begin), latencies };
}

/**
 * Sends so many requests a second whatever becomes of them, and measures each from when it was due: a server that stalls
 * is seen to, because the requests behind the stall are late too. Source: G. Tene, "How NOT to Measure Latency".
 * Where it is not punctual it is up to two milliseconds late, and leaves its core to others between. It begins when every
 * connection has had an answer: what it takes to make connections is not measured.
 */
export async function openAnswers(
  target: Target,
  call: RawCall,
  bounds: OpenBounds & { readonly isPunctual: boolean },
): Promise<readonly RawAnswer[]> {
  const bytes = requestOf(target, call);
  const sockets = await connectAll(target, bounds.connections);
  const count = Math.floor((bounds.perSecond * bounds.durationMs) / 1_000);
  // One object for each answer would have this process collect its own memory while it measures.
  const [statuses, ats, times] = [new Uint16Array(count), new Float64Array(count), new Float64Array(count)];
  const dues = new Float64Array(sockets.length).fill(Number.NaN);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const used = Promise.withResolvers<void>();
  const free: number[] = [];
  let [begin, next, answered, isOver] = [0, 0, 0, false];
  const dueOf = (at: number) => begin + (at * 1_000) / bounds.perSecond;
  const note = (status: number, due: number) => {
    statuses[answered] = status;
    ats[answered] = due - begin;
    times[answered] = performance.now() - due;
    if (++answered === count) resolve();
  };
  for (const [at, socket] of sockets.entries()) {
    socket.once("close", () => reject(new Error("a connection was closed before all was answered")));
    onAnswers(socket, reject, (status) => {
      free.push(at);
      const due = dues[at] ?? Number.NaN;
      if (!Number.isNaN(due)) note(status, due);
      else if (free.length === sockets.length) used.resolve();
    });
    socket.write(bytes);
  }
  const tick = () => {
    for (; next < count && dueOf(next) <= performance.now(); next++) {
      const at = free.pop();
      if (at === undefined) break;
      dues[at] = dueOf(next);
      sockets[at]?.write(bytes);
    }
    if (isOver || next === count) return;
    if (bounds.isPunctual) setImmediate(tick);
    else setTimeout(tick, 1);
  };
  try {
    await Promise.race([used.promise, promise]);
    begin = performance.now();
    tick();
    await promise;
    return Array.from(times, (ms, at) => ({ status: statuses[at] ?? 0, at: ats[at] ?? 0, ms }));
  } finally {
    isOver = true;
    for (const socket of sockets) socket.destroy();
  }
}

async function connectAll(target: Target, count: number): Promise<readonly Socket[]> {
  const { port } = new URL(target.url);
  return await Promise.all(
    Array.from({ length: count }, async () => {
      const socket = connect(Number(port), "127.0.0.1").setNoDelay(true);
      await once(socket, "connect");
      return socket;
    }),
  );
}

function loop(socket: Socket, bytes: Buffer, end: number, latencies: number[]): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let sentAt = 0;
  const send = () => {
    if (performance.now() >= end) return resolve();
    sentAt = performance.now();
    socket.write(bytes);
  };
  onAnswers(socket, reject, (status) => {
    if (status !== 200) return reject(new Error(`no result: an answer with ${status}`));
    latencies.push(performance.now() - sentAt);
    send();
  });
  socket.once("close", () => resolve());
  send();
  return promise;
}

/** Tells of each answer when it is complete; of what is none as an error. */
function onAnswers(
  socket: Socket,
  onError: (error: Error) => void,
  onAnswer: (status: number) => void,
): void {
  let head = "";
  let status = 0;
  let missing = -1;
  socket.once("error", onError);
  socket.on("data", (chunk: Buffer) => {
    if (missing < 0) {
      head += chunk.toString("latin1");
      const split = head.indexOf("\r\n\r\n");
      if (split < 0) return;
      const [, length] = /\r\ncontent-length: *(\d+)/i.exec(head.slice(0, split + 2)) ?? [];
      status = Number(head.slice("HTTP/1.1 ".length, "HTTP/1.1 200".length));
      if (!(status >= 200) || length === undefined) {
        return onError(new Error(`no answer: ${head.slice(0, 1_000)}`));
      }
      missing = Number(length) - (head.length - split - 4);
    } else missing -= chunk.length;
    if (missing > 0) return;
    head = "";
    missing = -1;
    onAnswer(status);
  });
}
