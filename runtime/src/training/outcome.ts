import { z } from "zod";

/** How one attempt of a job ended; the shim writes it to the attempt's `exit.json`. */
export const attemptOutcome = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("exited"), code: z.int() }),
  z.strictObject({ kind: z.literal("signalled"), signal: z.string() }),
  z.strictObject({ kind: z.literal("timed_out") }),
  /** We asked it to end: the job was cancelled or the service stopped. */
  z.strictObject({ kind: z.literal("stopped") }),
  z.strictObject({ kind: z.literal("not_started"), reason: z.string() }),
  /** Nobody saw its end: the machine or the shim was killed. */
  z.strictObject({ kind: z.literal("lost") }),
]);
export type AttemptOutcome = z.infer<typeof attemptOutcome>;
