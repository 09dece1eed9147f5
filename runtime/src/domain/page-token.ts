import { Problem } from "./problem.ts";

const offsetLimit = 1_000_000_000;

/** An opaque mark of where the next page starts. */
export function writePageToken(offset: number): string {
  return Buffer.from(JSON.stringify({ offset })).toString("base64url");
}

/** The offset in a token that `writePageToken` made; no token is the first page. */
export function readPageToken(token: string | undefined): number {
  if (token === undefined || token === "") return 0;
  const offset = offsetIn(token);
  if (offset === null) {
    throw new Problem(
      "INVALID_REQUEST",
      "Invalid page token; use next_page_token of the previous answer as it is.",
    );
  }
  return offset;
}

function offsetIn(token: string): number | null {
  if (token.length > 200) return null;
  try {
    const value: unknown = JSON.parse(Buffer.from(token, "base64url").toString("utf8"));
    if (typeof value !== "object" || value === null || !("offset" in value)) return null;
    const { offset } = value;
    return Number.isSafeInteger(offset) && Number(offset) >= 0 && Number(offset) <= offsetLimit
      ? Number(offset)
      : null;
  } catch {
    return null;
  }
}

/** One page of rows that were read with one row more than the page holds. */
export interface Page<T> {
  readonly items: readonly T[];
  /** Mark of the next page; null on the last one. */
  readonly next: string | null;
}

export function toPage<T>(rows: readonly T[], offset: number, limit: number): Page<T> {
  if (rows.length <= limit) return { items: rows, next: null };
  return { items: rows.slice(0, limit), next: writePageToken(offset + limit) };
}
