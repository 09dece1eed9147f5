/** How many answers took how long, by bucket. Buckets grow by the sixteenth root of two, about 4.4 percent. */
export type LatencyHistogram = ReadonlyMap<number, number>;

const bucketsPerDoubling = 16;
const smallestMs = 0.01;
const lastBucket = 511;

/** The bucket of a latency in milliseconds. */
export function bucketOf(ms: number): number {
  const bucket = Math.floor(bucketsPerDoubling * Math.log2(Math.max(ms, smallestMs) / smallestMs));
  return Math.min(lastBucket, bucket);
}

/** The latency in milliseconds that a part of all answers does not pass; null where there is none. */
export function quantile(histogram: LatencyHistogram, part: number): number | null {
  const buckets = [...histogram].sort(([a], [b]) => a - b);
  const total = buckets.reduce((sum, [, count]) => sum + count, 0);
  let seen = 0;
  for (const [bucket, count] of buckets) {
    seen += count;
    if (count > 0 && seen >= part * total) return smallestMs * 2 ** ((bucket + 1) / bucketsPerDoubling);
  }
  return null;
}
