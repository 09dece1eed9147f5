import http from "node:http";
import https from "node:https";
import { isSafeScheme, type OidcSettings } from "@bedplate/contract";
import { createAddressRules, readReceiverUrl } from "../events/address-rules.ts";
import { createNameResolver, lookupOf } from "../events/name-resolver.ts";

/** Reads one JSON document of an issuer. Throws whatever keeps it from being read. */
export type ReadDocument = (address: string, stop: AbortSignal) => Promise<unknown>;

/**
 * Reads documents as the platform reads nothing else from outside: only public addresses, or private ones that the
 * installation names; the name is resolved once; no redirect, no proxy of the environment; time and size are bounded.
 */
export function createDocumentReader(settings: OidcSettings, release: string): ReadDocument {
  const rules = createAddressRules(settings.allowedHosts, "identity.oidc.allowedHosts");
  const resolve = createNameResolver(rules);
  const listed = settings.allowedHosts.split(",");
  const headers = { accept: "application/json", "user-agent": `bedplate/${release}` };
  return async (address, stop) => {
    if (!isSafeScheme(address, listed)) throw new Error(`${address.slice(0, 200)} is not https.`);
    const signal = AbortSignal.any([stop, AbortSignal.timeout(settings.timeoutMs)]);
    const url = readReceiverUrl(address, rules);
    const lookup = lookupOf(await resolve(url));
    const text = await get(url, { headers, lookup, signal }, settings.documentLimitBytes);
    return JSON.parse(text);
  };
}

function get(url: URL, options: http.RequestOptions, limitBytes: number): Promise<string> {
  const { request, Agent } = url.protocol === "https:" ? https : http;
  return new Promise((resolve, reject) => {
    // An agent of its own: the global one may have been told to use a proxy.
    const sent = request(url, { ...options, agent: new Agent({ keepAlive: false }) });
    sent.once("error", reject);
    sent.once("response", (answer) => {
      if (answer.statusCode !== 200) {
        answer.destroy();
        return reject(new Error(`${url.href} answered ${answer.statusCode}.`));
      }
      const parts: Buffer[] = [];
      let length = 0;
      answer.on("data", (part: Buffer) => {
        length += part.length;
        parts.push(part);
        if (length > limitBytes) answer.destroy(new Error(`${url.href} is over ${limitBytes} bytes.`));
      });
      answer.once("error", reject);
      answer.once("end", () => resolve(Buffer.concat(parts).toString("utf8")));
    });
    sent.end();
  });
}
