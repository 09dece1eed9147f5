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

/**
 * Sends an answer: JSON alone, or followed by binary tensors, packed where the caller asks for it. There is something to
 * wait for only where it is packed.
 */
export function sendAnswer(
  request: FastifyRequest,
  reply: FastifyReply,
  { text, parts }: WrittenAnswer,
): Promise<void> | undefined {
  let payload: string | Buffer = text;
  if (parts.length === 0) reply.type("application/json; charset=utf-8");
  else {
    const head = Buffer.from(text);
    reply.type("application/octet-stream").header("inference-header-content-length", head.length);
    payload = Buffer.concat([head, ...parts]);
  }
  notePassed(2 * payload.length);
  const asked = request.headers["accept-encoding"];
  if (asked !== undefined && payload.length >= packFromBytes) {
    reply.header("vary", "accept-encoding");
    const encoding = encodingOf(asked);
    if (encoding !== null) return sendPacked(reply, payload, encoding);
  }
  reply.serializer(asItIs).send(payload);
}

async function sendPacked(
  reply: FastifyReply,
  payload: string | Buffer,
  encoding: keyof typeof packers,
): Promise<void> {
  const packed = await packers[encoding](payload, { level });
  reply.header("content-encoding", encoding).serializer(asItIs).send(packed);
}

/** The first encoding of ours that a caller accepts. Source: RFC 9110, section 12.5.3. */
function encodingOf(accepted: string): keyof typeof packers | null {
  for (const one of accepted.toLowerCase().split(",")) {
    const [name = "", quality = ""] = one.split(";").map((part) => part.trim());
    if ((name === "gzip" || name === "deflate") && !/^q=0(\.0*)?$/.test(quality)) return name;
  }
  return null;
}
