import type { PromotionPolicy } from "@bedplate/contract";
import type { ColumnType, Generated } from "kysely";

/** Tables of history, approvals, promotion policies and the audit log. */
export interface GovernanceTables {
  registry_history: {
    sequence: Generated<number>;
    time: number;
    actor: string;
    /** The model's `history_id`, which a rename does not change and a new model of the same name does not share. */
    model_id: string;
    /** The model's name at that time. */
    model: string;
    kind: "alias" | "stage";
    action: "set" | "rolled-back" | "deleted";
    alias: string | null;
    /** The version whose stage changed; null for aliases. */
    version: number | null;
    from_version: number | null;
    to_version: number | null;
    from_stage: string | null;
    to_stage: string | null;
    comment: string | null;
  };
  version_approvals: {
    id: string;
    name: string;
    version: number;
    decision: "approve" | "reject";
    reason: string;
    actor: string;
    time: number;
    content: string;
    withdrawn_by: string | null;
    withdrawn_at: number | null;
  };
  promotion_policies: {
    name: string;
    policy: ColumnType<PromotionPolicy, string, string>;
  };
  audit_log: {
    sequence: number;
    time: number;
    actor: string;
    type: string;
    subject: string;
    data: ColumnType<Record<string, unknown>, string, never>;
    previous: string;
    hash: string;
  };
  /** One row: the end of the audit log. */
  audit_head: { id: Generated<number>; sequence: number; hash: string };
}
