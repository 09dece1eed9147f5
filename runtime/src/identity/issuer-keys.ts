import { setTimeout as sleep } from "node:timers/promises";
import type { OidcSettings } from "@bedplate/contract";
import { createLocalJWKSet, errors, type JWK, type JWTVerifyGetKey } from "jose";
import { z } from "zod";
import { Problem } from "../domain/problem.ts";
import type { ReadDocument } from "./issuer-documents.ts";

export interface KeyParts {
  readonly settings: OidcSettings;
  readonly read: ReadDocument;
  readonly clock: () => number;
  readonly log: { readonly warn: (fields: object, message: string) => void };
}

/** The public keys of one issuer, kept up to date until closed. */
export interface IssuerKeys {
  /** The key that a token names. Throws UNAVAILABLE while it cannot be told whether there is one. */
  readonly find: JWTVerifyGetKey;
  readonly close: () => void;
}

const discovery = z.object({ issuer: z.string(), jwks_uri: z.string().max(2_048) });
const wellKnown = "/.well-known/openid-configuration";

interface KnownKeys {
  readonly find: JWTVerifyGetKey;
  readonly at: number;
}

/**
 * Fetches an issuer's keys now and then, and at once when a token names a key that is not known; never more often than
 * once in the cooldown, whoever asks: those who ask wait for the next fetch, so that no token of a new key is refused.
 * Where the issuer does not answer, the keys that are known go on until their age is over.
 */
export function openIssuerKeys(issuer: string, parts: KeyParts): IssuerKeys {
  const { settings, clock, log } = parts;
  let known: KnownKeys | null = null;
  let failed = false;
  let fetching: Promise<void> | null = null;
  let startedAt = Number.NEGATIVE_INFINITY;
  let waiting = 0;
  const closing = new AbortController();

  async function fetch(): Promise<void> {
    try {
      const wait = Math.max(0, startedAt + settings.keysCooldownMs - performance.now());
      await sleep(wait, null, { signal: closing.signal });
      startedAt = performance.now();
      const keys = await fetchKeys(issuer, parts, closing.signal);
      known = { find: createLocalJWKSet({ keys }), at: clock() };
      failed = false;
    } catch (error) {
      failed = true;
      if (!closing.signal.aborted) log.warn({ error, issuer }, "the keys of an issuer could not be fetched");
    } finally {
      fetching = null;
    }
  }

  /** Waits for a fetch that begins after now: what one that is under way brings may be older than the token. */
  async function renew(): Promise<void> {
    if (waiting >= settings.keysWaitingLimit) throw unavailable(issuer);
    waiting += 1;
    const askedAt = performance.now();
    try {
      do {
        fetching ??= fetch();
        await fetching;
      } while (startedAt < askedAt && !failed);
    } finally {
      waiting -= 1;
    }
  }

  const fresh = () => (known !== null && clock() - known.at <= settings.keysAgeMaxMs ? known : null);

  async function current(): Promise<KnownKeys> {
    if (fresh() === null) await (fetching ?? renew());
    const keys = fresh();
    if (keys === null) throw unavailable(issuer);
    return keys;
  }

  fetching = fetch();
  const timer = setInterval(() => {
    fetching ??= fetch();
  }, settings.keysIntervalMs);
  timer.unref();
  return {
    async find(header, token) {
      const before = await current();
      try {
        return await before.find(header, token);
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      }
      await renew();
      try {
        return await (await current()).find(header, token);
      } catch (error) {
        throw failed && error instanceof errors.JWKSNoMatchingKey ? unavailable(issuer) : error;
      }
    },
    close() {
      clearInterval(timer);
      closing.abort();
    },
  };
}

const unavailable = (issuer: string) =>
  new Problem("UNAVAILABLE", `The keys of ${issuer} cannot be fetched now, so its tokens cannot be checked.`);

async function fetchKeys(issuer: string, { read, settings }: KeyParts, signal: AbortSignal): Promise<JWK[]> {
  const found = discovery.parse(await read(issuer.replace(/\/$/, "") + wellKnown, signal));
  // OpenID Connect Discovery, 4.3: otherwise one issuer could speak for another.
  if (found.issuer !== issuer)
    throw new Error(`The document of ${issuer} is ${found.issuer.slice(0, 200)}'s.`);
  const list = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).max(settings.keyLimit) });
  return list.parse(await read(found.jwks_uri, signal)).keys.filter(isPublicKey);
}

/** Whether a key can only check signatures: a secret, or somebody's private key by mistake, is none. */
const isPublicKey = (key: Readonly<Record<string, unknown>>) =>
  ["RSA", "EC", "OKP"].includes(String(key.kty)) && key.d === undefined && key.use !== "enc";
