/** Something that the person at the command line can put right: shown as it is, without a stack trace, with exit status 1. */
export class Problem extends Error {
  constructor(message: string) {
    super(message);
    this.name = "Problem";
  }
}

/** A list of problems as one; each is a sentence. */
export function problems(all: readonly string[]): Problem {
  return new Problem(all.join("\n"));
}
