import type { AuditAnchor, AuditHead } from "@bedplate/contract";
import type { AuditAnchors } from "../domain/audit-anchors.ts";

interface Log {
  readonly head: () => Promise<AuditHead>;
  readonly hashAt: (sequence: number) => Promise<string | null>;
}

/**
 * Keeps the audit log's end outside the database. Throws when the newest anchor says that the log was another one
 * before: then no anchor is written, so that what proves it stays.
 */
export async function anchorAudit(log: Log, anchors: AuditAnchors, time: number): Promise<void> {
  const last: AuditAnchor | undefined = (await anchors.list()).at(-1);
  if (last !== undefined && (await log.hashAt(last.sequence)) !== last.hash) {
    throw new Error(
      `The audit log is not the one that was anchored: entry ${last.sequence} has another hash, or is gone. ` +
        "Run `bedplate audit verify`.",
    );
  }
  const head = await log.head();
  if (head.sequence > (last?.sequence ?? 0)) await anchors.keep({ ...head, time });
}

/** Anchors again and again until closed, and once more then. */
export function startAnchoring(
  anchor: () => Promise<void>,
  intervalMs: number,
  report: (error: unknown) => void,
): { readonly close: () => Promise<void> } {
  let current = Promise.resolve();
  const next = () => {
    current = current.then(anchor).catch(report);
  };
  next();
  const timer = setInterval(next, intervalMs);
  const close = async () => {
    clearInterval(timer);
    next();
    await current;
  };
  return { close };
}
