/** A version and its part of a model's requests, in hundredths of a percent. */
export interface TrafficShare {
  readonly version: number;
  readonly share: number;
}

/** All requests of a model, in hundredths of a percent. */
export const wholeTraffic = 10_000;

const fnvOffset = 0x811c9dc5;
const fnvPrime = 0x01000193;
const uint32 = 2 ** 32;

/**
 * Where a key stands among all, from 0 up to `wholeTraffic`: always at the same place for the same salt, and spread
 * evenly over keys. Sources: FNV-1a (draft-eastlake-fnv), finished as MurmurHash3 finishes (`fmix32`), because FNV alone
 * leaves keys with the same beginning together.
 */
export function pointOf(salt: string, key: string): number {
  let hash = fnvOffset;
  for (const text of [salt, "\n", key]) {
    for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), fnvPrime);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return Math.floor((((hash ^ (hash >>> 16)) >>> 0) / uint32) * wholeTraffic);
}

/**
 * The version whose part of the line a point falls on; null past the last one, where the champion answers. Parts begin
 * at 0 in the order given, so that a larger share of the only candidate takes what it needs from the champion and moves
 * nobody else.
 */
export function versionAt(shares: readonly TrafficShare[], point: number): number | null {
  let end = 0;
  for (const { version, share } of shares) {
    end += share;
    if (point < end) return version;
  }
  return null;
}

/** A percentage as a share of the whole. */
export const shareOf = (percent: number): number => Math.round((percent / 100) * wholeTraffic);
