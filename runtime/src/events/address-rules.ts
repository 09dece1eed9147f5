import { isIP } from "node:net";
import ipaddr from "ipaddr.js";
import { Problem } from "../domain/problem.ts";

/** Why a receiver may not be called; said to people. */
export class ReceiverRefused extends Error {
  override readonly name = "ReceiverRefused";
}

/** Which receivers may be called. */
export interface AddressRules {
  /** Throws a `ReceiverRefused` for an address that may not be called; `host` is the name that led to it. */
  readonly check: (address: string, host: string) => void;
}

type Address = ReturnType<typeof ipaddr.parse>;

/** Even a host that is allowed by name may not lead here: cloud metadata lives on link-local addresses. */
const neverByName = new Set([
  "linkLocal",
  "unspecified",
  "broadcast",
  "multicast",
  "ipv4Mapped",
  "rfc6145",
  "rfc6052",
]);
/** What IANA has given out for the public IPv6 internet (RFC 4291). */
const publicIpv6 = ipaddr.IPv6.parseCIDR("2000::/3");
/** Relays of 6to4, which IANA took back (RFC 7526). */
const formerRelays = ipaddr.IPv4.parseCIDR("192.88.99.0/24");

/**
 * Reads the list of private receivers that may be called: host names, addresses and CIDR ranges. Everything else must
 * be a public address. Throws a `Problem` that names every entry that is none of these; `setting` is where the list stands.
 */
export function createAddressRules(allowed: string, setting = "webhooks.allowedHosts"): AddressRules {
  const entries = allowed.split(",").filter((entry) => entry !== "");
  const ranges: [Address, number][] = [];
  const names = new Set<string>();
  const bad: string[] = [];
  for (const entry of entries) {
    if (isIP(entry) !== 0) ranges.push(wholeAddress(entry));
    else if (ipaddr.isValidCIDR(entry) && isIP(entry.split("/")[0] ?? "") !== 0)
      ranges.push(ipaddr.parseCIDR(entry));
    else if (isName(entry)) names.add(normalName(entry));
    else bad.push(`"${entry}" in ${setting} is no host name, address or CIDR range.`);
  }
  if (bad.length > 0) throw new Problem("INVALID_REQUEST", bad.join(" "), bad);
  return {
    check(address, host) {
      const parsed = ipaddr.parse(address);
      if (isPublic(parsed) || ranges.some((range) => lies(parsed, range))) return;
      const kind = parsed.range();
      if (names.has(normalName(host)) && !neverByName.has(kind)) return;
      throw new ReceiverRefused(
        `${host} leads to ${address}, which is not a public address (${kind}); ${setting} can allow it.`,
      );
    },
  };
}

const wholeAddress = (text: string): [Address, number] => {
  const address = ipaddr.parse(text);
  return [address, address.kind() === "ipv4" ? 32 : 128];
};

const isName = (text: string) =>
  /^[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?\.?$/.test(text) && /[A-Za-z]/.test(text);
const normalName = (text: string) => text.toLowerCase().replace(/\.$/, "");

function lies(address: Address, [network, bits]: [Address, number]): boolean {
  return address.kind() === network.kind() && address.match(network, bits);
}

function isPublic(address: Address): boolean {
  if (address.range() !== "unicast") return false;
  return address.kind() === "ipv6" ? lies(address, publicIpv6) : !lies(address, formerRelays);
}

const longestUrl = 2_048;

/**
 * Reads a receiver's address: http or https, without user and password. Spellings of an IPv4 address as one number, in
 * octal or in hex become the address itself here (source: the URL standard), and an address is checked at once; a name
 * is checked whenever it is resolved. Throws a `ReceiverRefused`.
 */
export function readReceiverUrl(text: string, rules: AddressRules): URL {
  const url = text.length > longestUrl ? null : URL.parse(text);
  if (url === null) throw new ReceiverRefused(`Not an address, or longer than ${longestUrl} characters.`);
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    throw new ReceiverRefused(`The scheme ${url.protocol.slice(0, 20)} is not allowed; use https: or http:.`);
  }
  if (url.username !== "" || url.password !== "") {
    throw new ReceiverRefused("The address holds a user name or password; use the webhook's secret instead.");
  }
  const host = hostOf(url);
  if (isIP(host) !== 0) rules.check(host, host);
  return url;
}

/** The host without the brackets of an IPv6 address. */
export const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, "");
