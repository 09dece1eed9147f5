import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { routes } from "@bedplate/contract";
import type { FastifyBaseLogger } from "fastify";
import type { Identity } from "../../domain/identity.ts";
import { writeInferenceResponse } from "../../domain/inference-response.ts";
import type { Ticket } from "../../inference/admission.ts";
import type { Ports } from "../../ports.ts";
import { admit, predict } from "../../prediction.ts";
import { allowedHostsOf, showing } from "../access.ts";
import { recordAnswer } from "../access-log.ts";
import { problemOf, retryHeaders, wordError } from "../errors.ts";
import { isAllowedHost } from "../origin.ts";
import { predictionHeaders } from "../security-headers.ts";
import type { Answer, Chunks, WholeRequest } from "../wire/connection.ts";
import { ResponseHead } from "../wire/response-head.ts";
import { packAnswer } from "./answer.ts";
import {
  type BodyLimits,
  bodyLimitsOf,
  holdWhole,
  isUsable,
  mostBytes,
  mustClose,
  readAdmitted,
} from "./body.ts";
import { readerOf } from "./infer.ts";
import { callerOf, keptHeaders, timeoutOf } from "./predict.ts";

interface Target {
  readonly model: string;
  readonly version?: string;
}

type Headers = readonly (string | number)[];
type Message = Pick<IncomingMessage, "method" | "url" | "headers" | "socket" | "complete">;
type Send = (status: number, headers: Headers, chunks: Chunks) => void;

/** A request that is answered here. */
interface Exchange {
  readonly id: string;
  readonly since: number;
  readonly message: Message;
  readonly target: Target;
  readonly identity: Identity;
  readonly send: Send;
}

/** An address of predictions whose names need no decoding. */
const address = /^\/v2\/models\/([\w.-]{1,200})(?:\/versions\/(\d{1,9}))?\/infer$/;
const errorHeaders: Headers = ["content-type", "application/json"];

/**
 * Answers predictions of the Open Inference Protocol without the framework, which costs more than they do. It takes only
 * requests about which nothing is left to find out: to one of our names, from somebody who was let in a moment ago and
 * may ask for the model. All others, and all other addresses, go through the framework, which also finds out who calls.
 * What is answered is the same, word for word.
 */
export class FastPath {
  readonly #ports: Ports;
  readonly #log: FastifyBaseLogger | null;
  readonly #limits: BodyLimits;
  readonly #hosts: readonly string[];
  readonly #headers = predictionHeaders();
  readonly #head: ResponseHead;
  /** The allowed `Host` that was seen last. */
  #host: string | undefined;

  constructor(ports: Ports, log: FastifyBaseLogger | null, keepAliveTimeoutMs: number) {
    this.#head = new ResponseHead(keepAliveTimeoutMs);
    this.#ports = ports;
    this.#log = log;
    this.#limits = bodyLimitsOf(ports.settings.http);
    this.#hosts = allowedHostsOf(ports.settings);
  }

  /** Whether a request that Node reads is answered here. One that is not is left as it was. */
  take(message: IncomingMessage, response: ServerResponse): boolean {
    const exchange = this.#begin(message, (status, headers, chunks) => {
      response.writeHead(status, headers as string[]);
      if (chunks.length > 1) response.cork();
      for (const chunk of chunks.slice(0, -1)) response.write(chunk);
      response.end(chunks.at(-1));
    });
    if (exchange === null) return false;
    this.#attempt(exchange, (ticket) => {
      readAdmitted(ticket, message.headers, message, this.#limits, (error, body) => {
        if (body !== undefined) this.#answer(exchange, ticket, body);
        else this.#refuse(exchange, error, ticket);
      });
    });
    return true;
  }

  /** The same of a request that is here whole. */
  takeWhole(request: WholeRequest, answer: Answer): boolean {
    const { headers, body } = request;
    if (!isUsable(headers, body, this.#limits)) return false;
    const exchange = this.#begin(request, (status, given, chunks) =>
      answer(this.#head.word(status, given), chunks),
    );
    if (exchange === null) return false;
    this.#attempt(exchange, (ticket) => {
      try {
        holdWhole(ticket, body);
      } catch (error) {
        return this.#refuse(exchange, error, ticket);
      }
      this.#answer(exchange, ticket, body);
    });
    return true;
  }

  #begin(message: Message, send: Send): Exchange | null {
    const target = targetOf(message);
    const identity = target === null ? null : this.#knownCaller(message, target.model);
    if (target === null || identity === null) return null;
    return { id: randomUUID(), since: performance.now(), message, target, identity, send };
  }

  /** Goes on with a request once it has a place. */
  #attempt(exchange: Exchange, read: (ticket: Ticket) => void): void {
    try {
      const { headers } = exchange.message;
      const bytes = mostBytes(headers, this.#limits.bytes);
      read(admit(this.#ports, exchange.target, bytes, timeoutOf(headers).timeoutMs));
    } catch (error) {
      this.#refuse(exchange, error);
    }
  }

  /** Who calls, where they are known, may predict, and may ask for the model. */
  #knownCaller({ headers }: Message, model: string): Identity | null {
    const { host, authorization } = headers;
    if (authorization === undefined || !this.#isAllowed(host)) return null;
    const identity = this.#ports.callers.find(showing(authorization, headers));
    if (identity === null || identity.via !== "token" || !identity.scopes.has(routes.infer.scope))
      return null;
    return this.#ports.guard.mayAsk(identity, model) ? identity : null;
  }

  #isAllowed(host: string | undefined): boolean {
    if (host !== undefined && host === this.#host) return true;
    if (!isAllowedHost(host, this.#hosts)) return false;
    this.#host = host;
    return true;
  }

  async #answer(exchange: Exchange, ticket: Ticket, body: Buffer): Promise<void> {
    const { message, target, id } = exchange;
    try {
      const read = readerOf(message.headers, body);
      const answer = await predict(this.#ports, target, read, callerOf(message, id, ticket));
      const { version, outputs, request } = answer;
      const { id: given, binary } = request;
      const worded = writeInferenceResponse({ model: target.model, version, outputs, binary, id: given });
      const packing = packAnswer(worded, message.headers["accept-encoding"]);
      const { headers, chunks } = packing instanceof Promise ? await packing : packing;
      ticket.release();
      this.#send(exchange, 200, [...headers, ...keptHeaders(answer)], chunks);
    } catch (error) {
      this.#refuse(exchange, error, ticket);
    }
  }

  #refuse(exchange: Exchange, error: unknown, ticket?: Ticket): void {
    ticket?.release();
    const { id, message } = exchange;
    const problem = problemOf(error);
    if (problem.status >= 500) this.#log?.error({ error, "http.request.id": id }, "request failed");
    const end = mustClose(message, error, this.#limits) ? ["connection", "close"] : [];
    const headers = [...errorHeaders, ...retryHeaders(problem), ...end];
    this.#send(exchange, problem.status, headers, [JSON.stringify(wordError("v2", problem, id))]);
  }

  #send(exchange: Exchange, status: number, headers: Headers, chunks: Chunks): void {
    const { id, since, message, identity, send } = exchange;
    const length = chunks.reduce((sum, chunk) => sum + Buffer.byteLength(chunk), 0);
    send(status, [...this.#headers, ...headers, "content-length", length], chunks);
    const { method = "", url = "" } = message;
    const ms = performance.now() - since;
    const answered = { id, method, url, route: routes.infer.path, status, name: identity.name, ms };
    recordAnswer(answered, this.#ports.metrics, this.#log);
  }
}

function targetOf({ method, url = "" }: Message): Target | null {
  const found = method === "POST" ? address.exec(url) : null;
  const [, model, version] = found ?? [];
  if (model === undefined) return null;
  return version === undefined ? { model } : { model, version };
}
