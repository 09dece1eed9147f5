/** SQLSTATE of PostgreSQL for a second row with a unique key. */
const uniqueViolation = "23505";

/** Whether a statement failed because another writer took a unique name first. */
export function isTaken(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === uniqueViolation;
}
