import { type ErrorCode, errorCodes } from "@bedplate/contract";

/** An expected failure that a caller may read: its code is stable, its detail says what to do. */
export class Problem extends Error {
  readonly code: ErrorCode;
  /** All problems of the request, where there is more than one. */
  readonly problems: readonly string[];
  /** When trying again makes sense, in milliseconds from now, 0 where that is not known. */
  readonly retryAfterMs: number;

  constructor(code: ErrorCode, detail: string, problems: readonly string[] = [], retryAfterMs = 0) {
    super(detail);
    this.name = "Problem";
    this.code = code;
    this.problems = problems;
    this.retryAfterMs = retryAfterMs;
  }

  get status(): number {
    return errorCodes[this.code].status;
  }
}
