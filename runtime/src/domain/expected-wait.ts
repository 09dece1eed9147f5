/** How fast a model's rows are done with while it is busy. */
export interface Pace {
  /** Null while nothing is known of it. */
  readonly msPerRow: number | null;
  /** Rows that can be under way at once: as long as fewer are there, the next one waits for nobody. */
  readonly roomRows: number;
}

/** A model of which nothing is known. */
export const unknownPace: Pace = { msPerRow: null, roomRows: 1 };

/**
 * Time in milliseconds until the rows that came before are done with: rows by time a row (Little's law). It is 0 while
 * there is room for more to be under way, and while the pace is not known.
 */
export function expectedWaitMs(rowsAhead: number, { msPerRow, roomRows }: Pace): number {
  return msPerRow === null || rowsAhead < roomRows ? 0 : rowsAhead * msPerRow;
}

const millisecondsPerSecond = 1_000;

/** Whole seconds after which to try again, never sooner than the time given. Source: RFC 9110, 10.2.3, Retry-After. */
export function retryAfterSeconds(waitMs: number): number {
  return Math.max(1, Math.ceil(waitMs / millisecondsPerSecond));
}
