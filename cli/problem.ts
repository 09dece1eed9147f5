/** Something that the person at the command line can put right: shown as it is, without a stack trace. The exit status is 1. */
export class Problem extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
    this.name = "Problem";
  }
}

/** A list of problems as one; each is a sentence. */
export function problems(all: readonly string[]): Problem {
  return new Problem(all.join("\n"));
}

/** Exit status of a command that SIGINT ended, as shells have it. */
const interruptedStatus = 130;

/** An engine's run that did not end well. */
export function engineFailure(sentence: string, interrupted: boolean): Problem {
  return interrupted
    ? new Problem(
        "Stopped half way; run the same command again and it goes on from there.",
        interruptedStatus,
      )
    : new Problem(`${sentence} The reason is above.`);
}
