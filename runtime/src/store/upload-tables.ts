import type { GeneratedAlways } from "kysely";

/** What the object store holds, and uploads that are under way. Times are milliseconds since 1970. */
export interface UploadTables {
  blobs: {
    digest: string;
    size: number;
    /** Counts up whenever a digest comes back after its removal. */
    generation: GeneratedAlways<number>;
    /** When the bytes were last uploaded. */
    touched_at: number;
  };
  uploads: {
    id: string;
    /** `parts` come through the service, `direct` ones go from the client to the object store. */
    kind: "parts" | "direct";
    /** The artifact that it becomes. */
    path: string;
    part_count: number;
    /** SHA-256 of the token with which parts are sent; null where none are. */
    ticket_hash: string | null;
    created_by: string;
    expires_at: number;
    /** What it became; null until it is whole. */
    digest: string | null;
  };
  upload_parts: { upload_id: string; number: number; digest: string; size: number; stored_at: number };
}
