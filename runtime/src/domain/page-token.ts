import { Problem } from "./problem.ts";

const offsetLimit = 1_000_000_000;
const cursorLength = 2_000;

/** An opaque mark of where the next page starts. */
export function writePageToken(offset: number): string {
  return Buffer.from(JSON.stringify({ offset })).toString("base64url");
}

/** The offset in a token that `writePageToken` made; no token is the first page. */
export function readPageToken(token: string | undefined): number {
  if (token === undefined || token === "") return 0;
  const offset = offsetIn(token);
  if (offset === null) throw foreignPageToken();
  return offset;
}

/** For a token that is none of ours, or one of a search in another order. */
export const foreignPageToken = () =>
  new Problem(
    "INVALID_REQUEST",
    "Invalid page token; use next_page_token of the previous answer as it is, with the same order.",
  );

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

/** Where a page starts: after so many results, or after the last one of the page before. */
export interface PageMark {
  readonly offset: number;
  /** What the last result is ordered by: a number, and an id that tells results with the same number apart. */
  readonly after: readonly [number, string] | null;
}

/** A mark of the result that a page ended with; unlike an offset it leads to the next page without counting to it. */
export function writeCursor(after: readonly [number, string]): string {
  return Buffer.from(JSON.stringify({ after })).toString("base64url");
}

/** The mark in a token that `writePageToken` or `writeCursor` made; no token is the first page. */
export function readPageMark(token: string | undefined): PageMark {
  const after = token === undefined ? null : cursorIn(token);
  return after === null ? { offset: readPageToken(token), after } : { offset: 0, after };
}

function cursorIn(token: string): PageMark["after"] {
  if (token.length > cursorLength) return null;
  try {
    const value: unknown = JSON.parse(Buffer.from(token, "base64url").toString("utf8"));
    if (typeof value !== "object" || value === null || !("after" in value) || !Array.isArray(value.after))
      return null;
    const [number, id]: unknown[] = value.after;
    return Number.isSafeInteger(number) && typeof id === "string" && isStorable(id)
      ? [Number(number), id]
      : null;
  } catch {
    return null;
  }
}

/** Whether the database could hold the text. */
const isStorable = (text: string): boolean => !text.includes("\0") && text.isWellFormed();

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
