import { promisify } from "node:util";
import { constants, deflate, gzip } from "node:zlib";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { WrittenAnswer } from "../../domain/inference-response.ts";
import { notePassed } from "../../ops/buffer-garbage.ts";

const packers = { gzip: promisify(gzip), deflate: promisify(deflate) } as const;
/** Packing less than this costs more than it saves. */
const packFromBytes = 1024;
const level = constants.Z_BEST_SPEED;

const asItIs = (payload: unknown) => payload as string;

/** An answer as it travels; the names of its headers are in lower case. */
interface PackedAnswer {
  /** Name, value, name, value, in this order. */
  readonly headers: readonly (string | number)[];
  /** One after another they are the body; tensors are not copied together. */
  readonly chunks: readonly (string | Uint8Array)[];
}

const jsonHeaders: PackedAnswer["headers"] = ["content-type", "application/json; charset=utf-8"];

/**
 * JSON alone, or followed by binary tensors, packed where the caller asks for it (`accept-encoding`). There is something
 * to wait for only where it is packed.
 */
export function packAnswer(
  { text, parts }: WrittenAnswer,
  accepted: string | string[] | undefined,
): PackedAnswer | Promise<PackedAnswer> {
  const isJson = parts.length === 0;
  const head = isJson ? text : Buffer.from(text);
  const headers = isJson
    ? jsonHeaders
    : ["content-type", "application/octet-stream", "inference-header-content-length", head.length];
  const chunks = isJson ? [head] : [head, ...parts];
  const size = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  notePassed(2 * size);
  if (accepted === undefined || size < packFromBytes) return { headers, chunks };
  const varying = [...headers, "vary", "accept-encoding"];
  const encoding = encodingOf(String(accepted));
  if (encoding === null) return { headers: varying, chunks };
  return packers[encoding](wholeOf(chunks), { level }).then((packed) => ({
    headers: [...varying, "content-encoding", encoding],
    chunks: [packed],
  }));
}

function wholeOf(chunks: PackedAnswer["chunks"]): string | Uint8Array {
  const [first = "", ...others] = chunks;
  if (others.length === 0) return first;
  return Buffer.concat(chunks.map((chunk) => (typeof chunk === "string" ? Buffer.from(chunk) : chunk)));
}

/** Sends an answer. */
export function sendAnswer(
  request: FastifyRequest,
  reply: FastifyReply,
  answer: WrittenAnswer,
): Promise<void> | undefined {
  const packed = packAnswer(answer, request.headers["accept-encoding"]);
  if (packed instanceof Promise) return packed.then((done) => send(reply, done));
  send(reply, packed);
}

function send(reply: FastifyReply, { headers, chunks }: PackedAnswer): void {
  for (let at = 0; at < headers.length; at += 2) reply.header(String(headers[at]), headers[at + 1]);
  reply.serializer(asItIs).send(wholeOf(chunks));
}

/** The first encoding of ours that a caller accepts. Source: RFC 9110, section 12.5.3. */
function encodingOf(accepted: string): keyof typeof packers | null {
  for (const one of accepted.toLowerCase().split(",")) {
    const [name = "", quality = ""] = one.split(";").map((part) => part.trim());
    if ((name === "gzip" || name === "deflate") && !/^q=0(\.0*)?$/.test(quality)) return name;
  }
  return null;
}
