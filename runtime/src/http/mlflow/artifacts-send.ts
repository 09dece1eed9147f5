import { Readable } from "node:stream";
import type { FastifyReply, FastifyRequest } from "fastify";
import { parseRange } from "../../domain/byte-range.ts";
import { contentTypeOf } from "../../domain/content-type.ts";
import { Problem } from "../../domain/problem.ts";
import type { Ports } from "../../ports.ts";

/** A file's name as headers carry it; source: RFC 8187. */
export const headerName = (path: string): string =>
  encodeURIComponent(path.slice(path.lastIndexOf("/") + 1)).replaceAll("'", "%27");

/** Whether the caller has these bytes already; source: RFC 9110, section 13.1.2. */
function isHeld(header: string | undefined, etag: string): boolean {
  const tags = header?.split(",").map((tag) => tag.trim().replace(/^W\//, "")) ?? [];
  return tags.includes(etag) || tags.includes("*");
}

/**
 * Streams a file, or the part of it that was asked for; a browser is told to save it and not to guess what it is. The
 * digest is the ETag, so a caller who has the bytes is told so, and a part is only sent of what the caller began with.
 */
export async function sendFile(
  ports: Ports,
  path: string,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const file = await ports.artifacts.find(path);
  const { headers, method } = request;
  const etag = `"${file.digest}"`;
  reply.headers({ etag, "accept-ranges": "bytes", "cache-control": "private, no-cache" });
  if (isHeld(headers["if-none-match"], etag)) return reply.code(304).send();
  const sameFile = headers["if-range"] === undefined || headers["if-range"] === etag;
  const range = sameFile ? parseRange(headers.range, file.size) : null;
  if (range === "unsatisfiable") {
    reply.header("content-range", `bytes */${file.size}`);
    throw new Problem("RANGE_NOT_SATISFIABLE", `The artifact has ${file.size} bytes.`);
  }
  reply.headers({
    "content-type": contentTypeOf(path),
    "content-disposition": `attachment; filename*=UTF-8''${headerName(path)}`,
    "x-content-type-options": "nosniff",
    "content-length": range === null ? file.size : range.end - range.start + 1,
  });
  if (range !== null)
    reply.code(206).header("content-range", `bytes ${range.start}-${range.end}/${file.size}`);
  // The answer to HEAD has the headers only, so the bytes are not even opened.
  if (method === "HEAD") return reply.send(Readable.from([]));
  return reply.send(await ports.artifacts.open(file, range ?? undefined));
}
