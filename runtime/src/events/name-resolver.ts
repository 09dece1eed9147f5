import { lookup } from "node:dns/promises";
import { isIP, type LookupFunction } from "node:net";
import { type AddressRules, hostOf, ReceiverRefused } from "./address-rules.ts";

/** An address that passed the rules. */
export interface CheckedAddress {
  readonly address: string;
  readonly family: 4 | 6;
}

type Lookup = (host: string) => Promise<readonly { readonly address: string; readonly family: number }[]>;

/** Look-ups at once: each holds a thread of the pool that files are read with too, which has four. */
const lookupsAtOnce = 2;

const systemLookup: Lookup = (host) => lookup(host, { all: true, verbatim: true });

/**
 * Resolves names as the system does, and gives out addresses only when every one of them may be called, so that a name
 * cannot lead to a public address when it is checked and to a private one when it is used. The caller connects to
 * these addresses and resolves nothing again.
 */
export function createNameResolver(rules: AddressRules, resolve: Lookup = systemLookup) {
  const waiting: (() => void)[] = [];
  let running = 0;

  async function inTurn(host: string): Promise<Awaited<ReturnType<Lookup>>> {
    if (running >= lookupsAtOnce) await new Promise<void>((go) => waiting.push(go));
    running += 1;
    try {
      return await resolve(host);
    } finally {
      running -= 1;
      waiting.shift()?.();
    }
  }

  return async (url: URL): Promise<readonly CheckedAddress[]> => {
    const host = hostOf(url);
    const family = isIP(host);
    const found = family === 0 ? await inTurn(host) : [{ address: host, family }];
    if (found.length === 0) throw new ReceiverRefused(`${host} has no address.`);
    return found.map(({ address, family }) => {
      rules.check(address, host);
      return { address, family: family === 6 ? 6 : 4 };
    });
  };
}

/** What a connection looks its host up with, so that it goes to one of these addresses and nowhere else. */
export function lookupOf(addresses: readonly CheckedAddress[]): LookupFunction {
  const [first] = addresses;
  return (_host, { all }, answer) => {
    if (all === true) return answer(null, [...addresses]);
    if (first === undefined) return answer(new Error("no address"), "", 4);
    return answer(null, first.address, first.family);
  };
}

export type NameResolver = ReturnType<typeof createNameResolver>;
