import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { type RequestHead, readHead } from "./request-head.ts";

/** A request whose body is there too; nothing of it is to come. */
export interface WholeRequest extends Pick<RequestHead, "method" | "url" | "headers"> {
  readonly socket: Socket;
  readonly complete: true;
  readonly body: Buffer;
}

export type Chunks = readonly (string | Uint8Array)[];
/** Sends an answer: its head as it travels, and its body in pieces. */
export type Answer = (head: string, chunks: Chunks) => void;
/** Answers a request, now or later, and says so; false where it leaves it to Node. */
export type Take = (request: WholeRequest, answer: Answer) => boolean;

interface ConnectionParts {
  readonly socket: Socket;
  readonly take: Take;
  /** Told when a request is taken, and when it is answered. */
  readonly onBusy: (by: 1 | -1) => void;
}

/**
 * Looks at what comes on a connection before Node's parser does. What is exactly one whole request of the plainest
 * kind, while nothing else is under way, is offered to `take`; everything else goes to the parser as it came, and that
 * reads, bounds, times and closes the connection as ever. Where requests begin is known as long as all of them are
 * plain; from the first that is not, or that came before the last was answered, all of the connection is the parser's.
 */
export class Connection {
  readonly #parts: ConnectionParts;
  readonly #parse: (chunk: Buffer) => void;
  /** The last answer of Node's. */
  #response: ServerResponse | null = null;
  /** Bytes of a request that the parser has not seen yet. */
  #left = 0;
  /** The parser ends connections on which it never saw a request, so the first is always its. */
  #isKnown = false;
  #isGiven = false;
  #isAnswering = false;
  #held: Buffer[] = [];

  /** Null where Node does not read the connection by a listener of its own. */
  static follow(parts: ConnectionParts): Connection | null {
    const { socket } = parts;
    const [parse, ...others] = socket.listeners("data");
    if (parse === undefined || others.length > 0) return null;
    const connection = new Connection(parts, parse as (chunk: Buffer) => void);
    socket.on("data", (chunk: Buffer) => connection.#receive(chunk));
    socket.off("data", parse as (chunk: Buffer) => void);
    return connection;
  }

  private constructor(parts: ConnectionParts, parse: (chunk: Buffer) => void) {
    this.#parts = parts;
    this.#parse = parse;
  }

  get isAnswering(): boolean {
    return this.#isAnswering;
  }

  /** Says that Node answers a request now. */
  answers(response: ServerResponse): void {
    this.#response = response;
  }

  #receive(chunk: Buffer): void {
    if (this.#isAnswering) {
      this.#held.push(chunk);
      this.#parts.socket.pause();
      return;
    }
    if (!this.#isGiven && this.#left === 0 && this.#begin(chunk)) return;
    this.#left -= chunk.length;
    if (this.#left < 0) this.#isGiven = true;
    this.#parse(chunk);
  }

  /** A chunk at which a request begins. */
  #begin(chunk: Buffer): boolean {
    const isBusy = this.#response?.writableFinished === false || this.#parts.socket.writableLength > 0;
    const head = isBusy ? null : readHead(chunk);
    if (head === null) {
      this.#isGiven = true;
      return false;
    }
    this.#left = head.bytes + head.bodyBytes;
    if (this.#isKnown && chunk.length === this.#left && this.#offer(head, chunk)) return true;
    this.#isKnown = true;
    return false;
  }

  #offer({ method, url, headers, bytes }: RequestHead, chunk: Buffer): boolean {
    const { socket, take, onBusy } = this.#parts;
    const request: WholeRequest = {
      method,
      url,
      headers,
      socket,
      complete: true,
      body: chunk.subarray(bytes),
    };
    this.#left = 0;
    this.#isAnswering = true;
    onBusy(1);
    if (take(request, (head, chunks) => this.#answer(head, chunks))) return true;
    this.#left = chunk.length;
    this.#isAnswering = false;
    onBusy(-1);
    return false;
  }

  #answer(head: string, chunks: Chunks): void {
    const { socket, onBusy } = this.#parts;
    if (socket.writable) write(socket, head, chunks);
    this.#isAnswering = false;
    if (socket.writableLength === 0) onBusy(-1);
    else socket.write("", () => onBusy(-1));
    const held = this.#held;
    if (held.length === 0) return;
    this.#held = [];
    socket.resume();
    for (const chunk of held) this.#receive(chunk);
  }
}

function write(socket: Socket, head: string, chunks: Chunks): void {
  const [first, ...others] = chunks;
  if (others.length === 0 && typeof first === "string") {
    // What is ASCII alone, as nearly everything is, needs no encoder.
    const isAscii = Buffer.byteLength(first) === first.length;
    socket.write(head + first, isAscii ? "latin1" : "utf8");
    return;
  }
  socket.cork();
  socket.write(head, "latin1");
  for (const chunk of chunks) socket.write(chunk);
  socket.uncork();
}
