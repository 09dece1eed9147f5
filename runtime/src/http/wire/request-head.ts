/** The head of a request that has nothing unusual in it. */
export interface RequestHead {
  readonly method: string;
  readonly url: string;
  /** Names in lower case; each came once. */
  readonly headers: Readonly<Record<string, string>>;
  /** Bytes of the head, the empty line included, and of the body that follows it. */
  readonly bytes: number;
  readonly bodyBytes: number;
}

const longestHead = 8 * 1024;
const requestLine = /^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) (\/[!-~]*) HTTP\/1\.1$/;
/** Source: RFC 9110, sections 5.5 and 5.6.2; values of visible ASCII alone. */
const headerLine = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*((?:[!-~](?:[ \t!-~]*[!-~])?)?)[ \t]*$/;
const wholeNumber = /^\d{1,15}$/;
/** Headers that change where a request ends, or what becomes of the connection. */
const unusual = new Set(["expect", "te", "trailer", "transfer-encoding", "upgrade", "proxy-connection"]);

/**
 * Reads the head at the beginning of a chunk. It takes a narrow part of what HTTP/1.1 allows, about which no two readers
 * can differ; null for everything else, right or wrong, and for a head that is not whole.
 */
export function readHead(chunk: Buffer): RequestHead | null {
  const end = chunk.indexOf("\r\n\r\n");
  if (end < 0 || end > longestHead) return null;
  const [first = "", ...lines] = chunk.toString("latin1", 0, end).split("\r\n");
  const [, method, url] = requestLine.exec(first) ?? [];
  const headers = readHeaders(lines);
  if (method === undefined || url === undefined || headers?.host === undefined) return null;
  const length = headers["content-length"] ?? "0";
  if (!wholeNumber.test(length)) return null;
  return { method, url, headers, bytes: end + 4, bodyBytes: Number(length) };
}

function readHeaders(lines: readonly string[]): Record<string, string> | null {
  const headers: Record<string, string> = Object.create(null);
  for (const line of lines) {
    const [, given, value] = headerLine.exec(line) ?? [];
    if (given === undefined || value === undefined) return null;
    const name = given.toLowerCase();
    if (unusual.has(name) || name in headers) return null;
    if (name === "connection" && value.toLowerCase() !== "keep-alive") return null;
    headers[name] = value;
  }
  return headers;
}
