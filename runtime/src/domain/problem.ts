import { type ErrorCode, errorCodes } from "@bedplate/contract";

/** An expected failure that a caller may read: its code is stable, its detail says what to do. */
export class Problem extends Error {
  readonly code: ErrorCode;
  /** All problems of the request, where there is more than one. */
  readonly problems: readonly string[];

  constructor(code: ErrorCode, detail: string, problems: readonly string[] = []) {
    super(detail);
    this.name = "Problem";
    this.code = code;
    this.problems = problems;
  }

  get status(): number {
    return errorCodes[this.code].status;
  }
}
