import { createHmac } from "node:crypto";
import http from "node:http";
import https from "node:https";
import { type AddressRules, readReceiverUrl } from "./address-rules.ts";
import { type CheckedAddress, lookupOf, type NameResolver } from "./name-resolver.ts";

/** One request to a receiver. */
export interface WebhookRequest {
  readonly url: string;
  readonly deliveryId: string;
  readonly body: string;
  /** Signs the request; null for none. */
  readonly secret: string | null;
}

export interface WebhookAnswer {
  readonly status: number;
  /** The beginning of the answer's body; empty unless it was asked for. */
  readonly body: string;
}

export interface SenderOptions {
  readonly rules: AddressRules;
  readonly resolve: NameResolver;
  readonly timeoutMs: number;
  readonly responseLimitBytes: number;
  /** Version of the platform, for `User-Agent`. */
  readonly release: string;
  readonly clock: () => number;
}

interface SendOptions {
  readonly signal: AbortSignal;
  readonly readBody: boolean;
}

/**
 * `v1,` and the base64 of HMAC-SHA-256 over `deliveryId.timestamp.body` (source: MLflow's webhook delivery, which follows
 * Standard Webhooks). `timestamp` is in seconds since 1970.
 */
export function signWebhook(secret: string, deliveryId: string, timestamp: string, body: string): string {
  return `v1,${createHmac("sha256", secret).update(`${deliveryId}.${timestamp}.${body}`).digest("base64")}`;
}

/**
 * Sends one request. The name is resolved once, every address is checked, and the connection goes to a checked address;
 * no redirect is followed, no proxy of the environment is used, and the time and the answer's size are bounded.
 * Throws a `ReceiverRefused` for an address that may not be called, and whatever the network says.
 */
export function createWebhookSender(options: SenderOptions) {
  const { rules, resolve, timeoutMs, responseLimitBytes, release, clock } = options;
  return async (request: WebhookRequest, { signal, readBody }: SendOptions): Promise<WebhookAnswer> => {
    const ends = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    const url = readReceiverUrl(request.url, rules);
    const addresses = await orAbort(resolve(url), ends);
    const timestamp = String(Math.floor(clock() / 1_000));
    const { deliveryId, body, secret } = request;
    const headers = {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(body),
      "user-agent": `bedplate/${release}`,
      "x-mlflow-delivery-id": deliveryId,
      "x-mlflow-timestamp": timestamp,
      ...(secret === null ? {} : { "x-mlflow-signature": signWebhook(secret, deliveryId, timestamp, body) }),
    };
    return await post(url, { addresses, headers, body, ends, keep: readBody ? responseLimitBytes : 0 });
  };
}

export type WebhookSender = ReturnType<typeof createWebhookSender>;

interface Post {
  readonly addresses: readonly CheckedAddress[];
  readonly headers: Record<string, string | number>;
  readonly body: string;
  readonly ends: AbortSignal;
  /** Bytes of the answer to keep. */
  readonly keep: number;
}

function post(url: URL, { addresses, headers, body, ends, keep }: Post): Promise<WebhookAnswer> {
  const lookup = lookupOf(addresses);
  const { request: begin, Agent } = url.protocol === "https:" ? https : http;
  return new Promise((resolve, reject) => {
    // An agent of its own: the global one may have been told to use a proxy.
    const agent = new Agent({ keepAlive: false });
    const sent = begin(url, { method: "POST", headers, lookup, agent, signal: ends });
    sent.once("error", reject);
    sent.once("response", (answer) => {
      const parts: Buffer[] = [];
      let kept = 0;
      const finish = () => {
        answer.destroy();
        const text = Buffer.concat(parts).subarray(0, keep).toString("utf8");
        resolve({ status: answer.statusCode ?? 0, body: text });
      };
      // What was read counts even when the rest never comes: the status is the receiver's word.
      answer.once("end", finish).once("error", finish).once("close", finish);
      answer.on("data", (part: Buffer) => {
        parts.push(part);
        kept += part.length;
        if (kept >= keep) finish();
      });
      if (keep === 0) finish();
    });
    sent.end(body);
  });
}

function orAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) return stop();
    signal.addEventListener("abort", stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}
