import { type AuditAnchor, auditAnchor } from "@bedplate/contract";
import type { AuditAnchors } from "../domain/audit-anchors.ts";

const digits = 16;
const pattern = /(\d{16})-([0-9a-f]{64})-(\d{1,16})\.json$/;

/** What anchors need of a bucket. */
export interface AnchorBucket {
  /** Keys that begin so, in order. */
  readonly keys: (beginning: string) => AsyncIterable<string>;
  readonly put: (key: string, json: string) => Promise<void>;
  readonly remove: (key: string) => Promise<void>;
  readonly close: () => void;
}

/** Keeps anchors in a bucket. A key says all that its object does, so that one listing reads them all. */
export function keepAuditAnchors(bucket: AnchorBucket, prefix: string, limit: number): AuditAnchors {
  const folder = `${prefix === "" ? "" : `${prefix}/`}audit-anchors/`;
  const keyOf = ({ sequence, hash, time }: AuditAnchor) =>
    `${folder}${String(sequence).padStart(digits, "0")}-${hash}-${time}.json`;

  async function list(): Promise<readonly AuditAnchor[]> {
    const anchors: AuditAnchor[] = [];
    for await (const key of bucket.keys(folder)) {
      const [, sequence, hash, time] = pattern.exec(key) ?? [];
      const anchor = auditAnchor.safeParse({ sequence: Number(sequence), hash, time: Number(time) });
      if (anchor.success) anchors.push(anchor.data);
    }
    return anchors;
  }

  return {
    list,
    async keep(anchor) {
      const existing = await list();
      if (existing.some(({ sequence }) => sequence === anchor.sequence)) return;
      await bucket.put(keyOf(anchor), `${JSON.stringify(anchor)}\n`);
      for (const old of existing.slice(0, Math.max(0, existing.length + 1 - limit))) {
        await bucket.remove(keyOf(old));
      }
    },
    close: bucket.close,
  };
}
