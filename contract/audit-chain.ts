import { z } from "zod";

const digest = z.string().regex(/^[0-9a-f]{64}$/);

/** One entry of the audit log: a state change, chained to the entry before it. */
export const auditEntry = z.strictObject({
  /** 1 for the first entry; without gaps. */
  sequence: z.int().min(1),
  /** When, in milliseconds since 1970. */
  time: z.int(),
  /** Who caused it. */
  actor: z.string(),
  /** Type of the event that announced it. */
  type: z.string(),
  subject: z.string(),
  data: z.record(z.string(), z.unknown()),
  /** `hash` of the entry before; 64 zeros for the first. Any text, so that a damaged entry can be read and named. */
  previous: z.string(),
  /** SHA-256, in hex, of this entry without `hash` as canonical JSON in UTF-8. */
  hash: z.string(),
});
export type AuditEntry = z.infer<typeof auditEntry>;

/** Where the log ends: number and hash of its last entry; 0 and 64 zeros while it is empty. */
export const auditHead = z.strictObject({ sequence: z.int().min(0), hash: digest });
export type AuditHead = z.infer<typeof auditHead>;

/** A head as it was at some time, kept outside the database. */
export const auditAnchor = z.strictObject({ ...auditHead.shape, time: z.int() });
export type AuditAnchor = z.infer<typeof auditAnchor>;

export const auditPage = z.strictObject({
  entries: z.array(auditEntry),
  /** Give this as `after` to get the next page; null on the last one. */
  next: z.int().nullable(),
});
export type AuditPage = z.infer<typeof auditPage>;

export const auditEnds = z.strictObject({ head: auditHead, anchors: z.array(auditAnchor) });
export type AuditEnds = z.infer<typeof auditEnds>;

export const emptyAuditHead: AuditHead = { sequence: 0, hash: "0".repeat(64) };

/**
 * JSON with the members of every object in order of their names' UTF-16 code units and no white space; members that
 * are undefined are left out. Source: RFC 8785 (JSON Canonicalization Scheme), whose numbers and strings are those of
 * JavaScript's own JSON.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((one) => canonicalJson(one ?? null)).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`);
  return `{${members.join(",")}}`;
}

/** SHA-256 of a text's UTF-8, in hex; given from outside, since the contract stands on no platform. */
export type Sha256 = (text: string) => string;

/** The hash that an entry with this content has; a `hash` that it has already is left out. */
export function auditHash(entry: Omit<AuditEntry, "hash">, sha256: Sha256): string {
  const { sequence, time, actor, type, subject, data, previous } = entry;
  return sha256(canonicalJson({ sequence, time, actor, type, subject, data, previous }));
}

/** What is wrong first, by the number of the entry. */
export interface AuditProblem {
  readonly sequence: number;
  readonly reason: string;
}

export interface AuditVerdict {
  /** Entries that were read. */
  readonly entries: number;
  readonly head: AuditHead;
  /** The highest entry that an anchor outside the database vouches for; null without anchors. */
  readonly anchored: number | null;
  /** The first bad entry; null when the log is whole. */
  readonly problem: AuditProblem | null;
}

/** The log's end as it was before the entries were read, and as it is after. */
export interface AuditSource {
  readonly entries: AsyncIterable<AuditEntry> | Iterable<AuditEntry>;
  readonly ends: AuditEnds;
  readonly headAfter: () => Promise<AuditHead>;
}

/** Follows the chain from its first entry; entries that are written meanwhile do no harm. */
export async function verifyAudit(source: AuditSource, sha256: Sha256): Promise<AuditVerdict> {
  const { head: before, anchors } = source.ends;
  const known = new Map(anchors.map((anchor) => [anchor.sequence, anchor.hash]));
  const anchored = anchors.length === 0 ? null : Math.max(...known.keys());
  let last = emptyAuditHead;
  const verdict = (problem: AuditProblem | null) => ({
    entries: last.sequence,
    head: last,
    anchored,
    problem,
  });
  for await (const entry of source.entries) {
    const problem = problemOfEntry(entry, last, sha256) ?? problemOfAnchor(entry, known);
    if (problem !== null) return verdict(problem);
    if (entry.sequence === before.sequence && entry.hash !== before.hash) {
      return verdict({ sequence: entry.sequence, reason: "its hash is not the one that the log ends with" });
    }
    last = { sequence: entry.sequence, hash: entry.hash };
  }
  const promised = Math.max(before.sequence, anchored ?? 0);
  if (last.sequence < promised) {
    const reason = `it is missing: the log ends here, and once had ${promised} entries`;
    return verdict({ sequence: last.sequence + 1, reason });
  }
  const after = await source.headAfter();
  if (last.sequence > after.sequence) {
    return verdict({
      sequence: after.sequence + 1,
      reason: "the service did not write it: it lies past the end",
    });
  }
  return verdict(null);
}

function problemOfEntry(entry: AuditEntry, last: AuditHead, sha256: Sha256): AuditProblem | null {
  const expected = last.sequence + 1;
  if (entry.sequence > expected) return { sequence: expected, reason: "it is missing" };
  if (entry.sequence < expected) {
    return { sequence: entry.sequence, reason: "it comes again, or out of order" };
  }
  if (entry.previous !== last.hash) {
    return { sequence: expected, reason: "it does not continue the entry before it" };
  }
  if (entry.hash !== auditHash(entry, sha256)) {
    return { sequence: expected, reason: "its content is not what was hashed when it was written" };
  }
  return null;
}

function problemOfAnchor(entry: AuditEntry, known: ReadonlyMap<number, string>): AuditProblem | null {
  const anchor = known.get(entry.sequence);
  if (anchor === undefined || anchor === entry.hash) return null;
  const reason = "it or an entry before it was rewritten: the anchor outside the database has another hash";
  return { sequence: entry.sequence, reason };
}
