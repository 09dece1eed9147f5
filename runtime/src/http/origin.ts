import type { IncomingHttpHeaders } from "node:http";

const loopback = ["localhost", "127.0.0.1", "[::1]"];

/** The host name of a `Host` header, without its port. */
function nameOf(host: string): string {
  return host.replace(/:\d+$/, "").toLowerCase();
}

/** Whether a request was sent to one of our names; `*` in the list allows all. */
export function isAllowedHost(host: string | undefined, allowed: readonly string[]): boolean {
  if (allowed.includes("*")) return true;
  if (host === undefined) return false;
  const name = nameOf(host);
  return loopback.includes(name) || allowed.includes(name);
}

/** Whether a browser says that a page of ours sent the request; source: the Fetch standard's `Origin` header. */
export function isOwnOrigin(headers: IncomingHttpHeaders): boolean {
  const { origin, host } = headers;
  if (origin === undefined || host === undefined || !URL.canParse(origin)) return false;
  return new URL(origin).host === host.toLowerCase();
}
