import type { AuditAnchor } from "@bedplate/contract";

/** Where the audit log's ends are kept outside the database, so that who owns that alone cannot rewrite the log. */
export interface AuditAnchors {
  /** Keeps an anchor for good; one with the same number is kept as it was. Forgets the oldest past the limit. */
  readonly keep: (anchor: AuditAnchor) => Promise<void>;
  /** Oldest first. */
  readonly list: () => Promise<readonly AuditAnchor[]>;
  readonly close: () => void;
}
