import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { ErrorCode } from "@bedplate/contract";
import { Problem } from "../domain/problem.ts";

/** Node's words for what it could not read as a request, by our code; anything else is INVALID_REQUEST. */
const codes: Readonly<Record<string, [ErrorCode, string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: ["BODY_TOO_SLOW", "The request did not arrive in time."],
  HPE_HEADER_OVERFLOW: ["HEADERS_TOO_LARGE", "The request's head is too large."],
  HPE_INVALID_CHUNK_SIZE: ["MALFORMED_BODY", "A chunk of the body has a length that is none."],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: ["MALFORMED_BODY", "A chunk of the body has too much beside its length."],
};

/**
 * Answers on the bare connection what is no request: lengths that are none or contradict each other, broken heads and
 * chunks, heads that are too large or too slow. Then the connection ends, because nobody knows where the next request
 * would begin.
 */
export function wordBrokenRequest(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === "ECONNRESET" || socket.destroyed) return;
  const [code, detail] = codes[error.code ?? ""] ?? ["INVALID_REQUEST", "This is not a valid HTTP request."];
  const problem = new Problem(code, detail);
  const body = JSON.stringify({ error: problem.message, code });
  const lines = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? "Error"}`,
    "content-type: application/json",
    `content-length: ${Buffer.byteLength(body)}`,
    "connection: close",
  ];
  if (socket.writable) socket.write(`${lines.join("\r\n")}\r\n\r\n${body}`);
  socket.destroySoon();
}
