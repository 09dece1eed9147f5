import { randomBytes } from "node:crypto";
import type { FastifyReply } from "fastify";

const nonceBytes = 16;

/** The content security policy of a page: everything from this service, styles of its own by nonce. */
export function contentPolicy(nonce: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "connect-src 'self'",
    "font-src 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join("; ");
}

/**
 * Puts a page's policy on an answer and returns the nonce that its styles need. Such an answer must not be kept by
 * any cache: the nonce is good once.
 */
export function protectPage(reply: FastifyReply): string {
  const nonce = randomBytes(nonceBytes).toString("base64url");
  reply.header("content-security-policy", contentPolicy(nonce)).header("cache-control", "no-store");
  return nonce;
}
