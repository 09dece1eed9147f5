import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { getPriority, setPriority } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { Problem } from "../../domain/problem.ts";
import type { InferenceCall, Tensor } from "../../domain/tensor.ts";
import { type Frame, FrameReader, writeFrame } from "./frames.ts";
import {
  type Order,
  type OrderKind,
  packTensors,
  type Refusal,
  type Reply,
  unpackTensors,
} from "./messages.ts";

const program = join(import.meta.dirname, "main.ts");
const kibibyte = 1024;
/** The kernel has no more. */
const mostNice = 19;
/** What the kernel counts of the program before any model; most of it is never touched. */
const programBytes = 1536 * kibibyte * kibibyte;

export interface ProcessLimits {
  /** Memory that the process may take, the program itself aside, in bytes. */
  readonly memoryBytes: number;
  /** By how much it gives way to the service; not at all when left out. */
  readonly niceness?: number;
}

interface Pending {
  readonly timeoutMs: number;
  readonly resolve: (frame: Frame) => void;
  readonly reject: (error: Problem) => void;
}

/** Without the `id`, which is given when it is sent. */
type NewOrder<K extends OrderKind> = Omit<Extract<Order, { kind: K }>, "id" | "kind">;

/**
 * A child process that loads and runs models. One order after another: the time of an order starts when the one before
 * is answered. An order that takes longer than its time ends the process. When the process ends, every order under way
 * is answered with UNAVAILABLE.
 */
export class ModelProcess {
  readonly #child: ChildProcess;
  readonly #stream: Duplex;
  readonly #pending = new Map<number, Pending>();
  readonly ended: Promise<unknown>;
  #nextId = 1;
  #timer: NodeJS.Timeout | undefined;
  #reason = "ended by itself";
  #isOver = false;

  constructor(limits: ProcessLimits) {
    this.#child = spawnLimited(limits);
    this.#stream = this.#child.stdio[3] as Duplex;
    const reader = new FrameReader((frame) => this.#settle(frame));
    this.#stream.on("data", (chunk: Buffer) => reader.push(chunk));
    // A broken pipe is told by the process's end.
    this.#stream.on("error", () => {});
    this.ended = once(this.#child, "close").catch(() => {});
    this.#child.once("error", () => this.#failAll());
    this.#child.once("exit", () => this.#failAll());
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Orders that are not answered yet. */
  get load(): number {
    return this.#pending.size;
  }

  async ask<K extends Exclude<OrderKind, "run" | "load">>(
    kind: K,
    order: NewOrder<K>,
    timeoutMs: number,
  ): Promise<Reply<K>> {
    return this.#replyOf<K>(await this.#send({ ...order, kind }, [], timeoutMs));
  }

  async open(model: number, bytes: Uint8Array, timeoutMs: number): Promise<Reply<"load">> {
    return this.#replyOf<"load">(await this.#send({ kind: "load", model }, [bytes], timeoutMs));
  }

  async run(model: number, call: InferenceCall, timeoutMs: number): Promise<ReadonlyMap<string, Tensor>> {
    const { tensors, parts } = packTensors(call.inputs);
    const order = { kind: "run", model, tensors, outputs: call.outputs };
    const frame = await this.#send(order, parts, timeoutMs);
    return unpackTensors(this.#replyOf<"run">(frame).tensors, frame.parts);
  }

  /** Ends the process at once, whatever it does. */
  async kill(reason = "was stopped"): Promise<void> {
    if (!this.#isOver) this.#reason = reason;
    this.#child.kill("SIGKILL");
    this.#stream.destroy();
    await this.ended;
  }

  #send(order: object, parts: Frame["parts"], timeoutMs: number): Promise<Frame> {
    if (this.#isOver) return Promise.reject(this.#end());
    const { promise, resolve, reject } = Promise.withResolvers<Frame>();
    const id = this.#nextId++;
    this.#pending.set(id, { timeoutMs, resolve, reject });
    if (this.#pending.size === 1) this.#watch();
    writeFrame(this.#stream, { header: { ...order, id }, parts });
    return promise;
  }

  #settle(frame: Frame): void {
    const id = Number(frame.header.id);
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    this.#watch();
    pending?.resolve(frame);
  }

  /** Gives the order that is first in line its time. */
  #watch(): void {
    clearTimeout(this.#timer);
    const [first] = this.#pending.values();
    if (first === undefined) return;
    const { timeoutMs } = first;
    this.#timer = setTimeout(() => this.kill(`was stopped after ${timeoutMs} ms`), timeoutMs);
  }

  #failAll(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    for (const { reject } of this.#pending.values()) reject(this.#end());
    this.#pending.clear();
  }

  #end(): Problem {
    return new Problem(
      "UNAVAILABLE",
      `The process that runs the model ${this.#reason}; another takes its place.`,
    );
  }

  #replyOf<K extends OrderKind>({ header }: Frame): Reply<K> {
    const refusal = header.refusal as Refusal | undefined;
    if (refusal !== undefined) throw new Problem(refusal.code, refusal.detail);
    return header.reply as Reply<K>;
  }
}

/**
 * The limit is the kernel's, of writable private memory (`ulimit -d`): an allocation past it fails. The child gets no
 * environment, because models have no business with any of it.
 */
function spawnLimited({ memoryBytes, niceness = 0 }: ProcessLimits): ChildProcess {
  // Where the system's own limit is lower already, that one stays.
  const script = 'ulimit -d "$1" 2>/dev/null; shift; exec "$@"';
  const limit = String(Math.ceil((programBytes + memoryBytes) / kibibyte));
  const flags = ["--max-semi-space-size=4", "--max-old-space-size=256", "--no-warnings"];
  const child = spawn("/bin/sh", ["-c", script, "sh", limit, process.execPath, ...flags, program], {
    stdio: ["ignore", "ignore", "ignore", "pipe"],
    env: {},
  });
  if (child.pid !== undefined && niceness > 0) giveWay(child.pid, niceness);
  return child;
}

function giveWay(pid: number, niceness: number): void {
  try {
    setPriority(pid, Math.min(mostNice, getPriority() + niceness));
  } catch {
    // It is over already, which its end tells.
  }
}
