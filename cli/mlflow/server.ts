import { type ClientRequest, request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream } from "node:stream/web";
import { setTimeout as sleep } from "node:timers/promises";
import type { z } from "zod";

/** Credentials of an MLflow server, as its own clients take them. */
export type Credentials = { readonly authorization?: string };

/** What an MLflow server refused. */
export class Refusal extends Error {
  readonly status: number;
  /** MLflow's `error_code`; empty where the answer is no error of MLflow. */
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.name = "Refusal";
    this.status = status;
    this.code = code;
  }
}

type Query = Readonly<Record<string, string | number | readonly string[] | undefined>>;

interface Call {
  readonly query?: Query;
  readonly body?: unknown;
  /** False for what may not be sent twice when no answer comes. */
  readonly again?: boolean;
}

/** Time for one answer, and for one file. */
const answerTimeoutMs = 120_000;
const fileTimeoutMs = 3_600_000;
const tries = 5;
const firstWaitMs = 500;
const longestWaitMs = 30_000;
/** Answers of a server that is busy or about to be back. */
const busy = new Set([429, 502, 503, 504]);

/** One MLflow server: its REST API and its artifacts, with patience for what passes. */
export function openServer(address: string, { authorization }: Credentials) {
  const base = address.replace(/\/+$/, "");
  const headers = authorization === undefined ? {} : { authorization };

  async function send(method: string, path: string, call: Call, timeoutMs: number): Promise<Response> {
    const { query = {}, body, again = true } = call;
    const url = base + path + writeQuery(query);
    const init = {
      method,
      headers: body === undefined ? headers : { ...headers, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    };
    for (let left = tries - 1; ; left -= 1) {
      const answer = await fetch(url, { ...init, signal: AbortSignal.timeout(timeoutMs) }).catch((error) => {
        if (left === 0 || !again) throw new Error(`${base} does not answer (${reasonOf(error)})`);
        return null;
      });
      if (answer?.ok) return answer;
      if (answer !== null && (left === 0 || !busy.has(answer.status))) throw await readRefusal(answer, base);
      await answer?.body?.cancel();
      await sleep(waitOf(answer, tries - 1 - left));
    }
  }

  /** Calls an address below `/api/2.0/mlflow/`, and checks the answer. */
  async function call<T extends z.ZodType>(
    schema: T,
    method: string,
    path: string,
    options: Call = {},
  ): Promise<z.output<T>> {
    const answer = await send(method, `/api/2.0/mlflow/${path}`, options, answerTimeoutMs);
    const read = schema.safeParse(await answer.json());
    if (read.success) return read.data;
    const issues = read.error.issues.slice(0, 3).map((issue) => `${issue.path.join(".")}: ${issue.message}`);
    throw new Error(`${base} answered ${path} with what is not MLflow's: ${issues.join("; ")}`);
  }

  return {
    address: base,
    call,
    /** A file as a stream. */
    async open(path: string, query: Query = {}): Promise<Readable> {
      const answer = await send("GET", path, { query }, fileTimeoutMs);
      return answer.body === null ? Readable.from([]) : Readable.fromWeb(answer.body as ReadableStream);
    },
    /** Stores a file below the artifact root as it arrives. Throws when `bytes` is not its length. */
    async store(path: string, content: Readable, bytes: number): Promise<void> {
      const url = new URL(`${base}/api/2.0/mlflow-artifacts/artifacts/${encodePath(path)}`);
      const make = url.protocol === "https:" ? httpsRequest : httpRequest;
      const length = { "content-type": "application/octet-stream", "content-length": bytes };
      const signal = AbortSignal.timeout(fileTimeoutMs);
      await putStream(make(url, { method: "PUT", headers: { ...headers, ...length }, signal }), content);
    },
  };
}

export type Server = ReturnType<typeof openServer>;

export const encodePath = (path: string) => path.split("/").map(encodeURIComponent).join("/");

function writeQuery(query: Query): string {
  const parts = Object.entries(query).flatMap(([key, value]) =>
    value === undefined ? [] : [value].flat().map((each) => [key, String(each)] as [string, string]),
  );
  return parts.length === 0 ? "" : `?${new URLSearchParams(parts)}`;
}

async function putStream(request: ClientRequest, content: Readable): Promise<void> {
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    request.once("response", resolve);
    request.once("error", reject);
  });
  // The server may refuse before it has read all: its answer says more than the broken pipe.
  const [sent, got] = await Promise.allSettled([pipeline(content, request), answered]);
  if (got.status === "rejected") throw sent.status === "rejected" ? sent.reason : got.reason;
  const chunks: Buffer[] = [];
  for await (const chunk of got.value) chunks.push(chunk as Buffer);
  const status = got.value.statusCode ?? 0;
  if (status >= 300) throw wordRefusal(status, Buffer.concat(chunks).toString());
  if (sent.status === "rejected") throw sent.reason;
}

async function readRefusal(answer: Response, base: string): Promise<Refusal> {
  const refusal = wordRefusal(answer.status, await answer.text());
  const signIn = refusal.status === 401 || refusal.status === 403;
  return signIn ? new Refusal(refusal.status, refusal.code, `${base}: ${refusal.message}`) : refusal;
}

function wordRefusal(status: number, text: string): Refusal {
  const said = parseObject(text);
  const code = typeof said.error_code === "string" ? said.error_code : "";
  const message = typeof said.message === "string" ? said.message : /^\s*</.test(text) ? "a page" : text;
  return new Refusal(status, code, `${code || `status ${status}`}: ${message.slice(0, 500)}`);
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function waitOf(answer: Response | null, before: number): number {
  const asked = Number(answer?.headers.get("retry-after") ?? Number.NaN) * 1_000;
  return Math.min(Number.isFinite(asked) ? asked : firstWaitMs * 2 ** before, longestWaitMs);
}

export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (error.message === "fetch failed" && cause instanceof Error) return cause.message || cause.name;
  return error.message;
}
