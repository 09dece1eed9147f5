import type { Role } from "@bedplate/contract";
import type { ColumnType } from "kysely";

/** Tables of teams and of who may act for them. */
export interface TeamTables {
  teams: {
    name: string;
    title: string;
    visibility: "private" | "internal";
    approvals: number;
    four_eyes: boolean;
    quotas: ColumnType<Record<string, number>, string, string>;
    created_at: number;
  };
  personal_tokens: {
    id: string;
    /** SHA-256 of the token, in hex: the token itself is never stored. */
    hash: string;
    user_name: string;
    title: string;
    team: string | null;
    role: Role;
    created_by: string;
    created_at: number;
    expires_at: number;
    /** To the hour. */
    last_used_at: number | null;
  };
  access_tokens: {
    /** SHA-256 of the token, in hex: the token itself is never stored. */
    hash: string;
    kind: "session" | "job";
    /** Whose: a session's user, a job's id. */
    name: string;
    expires_at: number;
    /** A session's: what it may do, and for whom. */
    role: Role | null;
    team: string | null;
    /** The personal token that started a session, which ends with it. */
    token_id: string | null;
  };
}
