/** Answers that are kept for retries. Times are milliseconds since 1970. */
export interface IdempotencyTables {
  idempotency_keys: {
    /** SHA-256 of who asked, the route and the key. */
    hash: string;
    owner: string;
    /** HMAC of what the request said, under its key. */
    fingerprint: string;
    status: number;
    /** JSON, as it was sent. */
    answer: string;
    expires_at: number;
  };
}
