import type { ColumnType, Generated, JSONColumnType } from "kysely";

/** Tables of signatures, model cards and lineage. */
export interface LineageTables {
  model_signatures: {
    name: string;
    version: number;
    key_id: string;
    origin: "platform" | "uploaded";
    bundle: string;
    created_by: string;
    created_at: number;
  };
  model_cards: {
    name: string;
    version: number;
    sections: ColumnType<Record<string, unknown>, string, string>;
    written_by: string;
    written_at: number;
  };
  lineage_events: {
    sequence: Generated<number>;
    /** Digest of a received event, run and state of one of ours: the same thing twice is stored once. */
    key: string;
    origin: "received" | "emitted";
    event: JSONColumnType<Record<string, unknown>>;
    recorded_at: number;
    delivered_at: number | null;
    /** What the receiver said to an event that it will never take. */
    refusal: string | null;
  };
  /** What a team knows of a node; the same node may be known to several. */
  lineage_nodes: {
    id: string;
    team: string;
    facts: JSONColumnType<Record<string, string>>;
    updated_at: number;
  };
  /** `source` came first. */
  lineage_edges: { source: string; target: string; team: Generated<string> };
}
