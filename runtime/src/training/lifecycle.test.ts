import { trainingStates } from "@bedplate/contract";
import fc from "fast-check";
import { expect, test } from "vitest";
import { isFinal, type Progress, requestCancel, settle, start } from "./lifecycle.ts";
import type { AttemptOutcome } from "./outcome.ts";

const outcome: fc.Arbitrary<AttemptOutcome> = fc.oneof(
  fc.record({ kind: fc.constant("exited" as const), code: fc.constantFrom(0, 1, 137) }),
  fc.constantFrom<AttemptOutcome>(
    { kind: "signalled", signal: "SIGKILL" },
    { kind: "timed_out" },
    { kind: "stopped" },
    { kind: "not_started", reason: "no such program." },
    { kind: "lost" },
  ),
);
type Step = "start" | "cancel" | AttemptOutcome;
const steps = fc.array(fc.oneof(fc.constantFrom<Step>("start", "start", "cancel"), outcome), {
  maxLength: 30,
});

const queued = (maxAttempts: number): Progress => ({
  state: "queued",
  attempt: 0,
  maxAttempts,
  cancelRequested: false,
  exitCode: null,
  reason: null,
});

function apply(job: Progress, step: Step): Progress {
  if (step === "cancel") return requestCancel(job);
  if (step === "start") return job.state === "queued" ? start(job) : job;
  return job.state === "running" ? settle(job, step) : job;
}

test("whatever happens, a job has a known state, never too many attempts, and stays where it ended", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4 }), steps, (maxAttempts, happened) => {
      let job = queued(maxAttempts);
      for (const step of happened) {
        const next = apply(job, step);
        expect(trainingStates).toContain(next.state);
        expect(next.attempt).toBeLessThanOrEqual(maxAttempts);
        expect(next.attempt).toBeGreaterThanOrEqual(0);
        if (next.state === "running") expect(next.attempt).toBeGreaterThan(0);
        if (isFinal(job.state)) expect(next).toBe(job);
        if (next.state === "succeeded") expect(next).toMatchObject({ exitCode: 0, reason: null });
        if (isFinal(next.state) && next.state !== "succeeded") expect(next.reason).toMatch(/\.$/);
        if (job.cancelRequested) expect(["running", "cancelled"]).toContain(next.state);
        job = next;
      }
    }),
  );
});

test("a job that keeps failing ends after exactly its attempts", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 10 }),
      fc.constantFrom("failed", "timed_out"),
      (maxAttempts, how) => {
        let job = queued(maxAttempts);
        for (let attempt = 1; attempt <= maxAttempts; attempt++) {
          expect(job.state).toBe("queued");
          job = settle(start(job), how === "failed" ? { kind: "exited", code: 2 } : { kind: "timed_out" });
        }
        expect(job).toMatchObject({ state: how, attempt: maxAttempts });
      },
    ),
  );
});

test("an attempt that the service stopped is not counted", () => {
  expect(settle(start(queued(1)), { kind: "stopped" })).toMatchObject({ state: "queued", attempt: 0 });
});

test("a cancelled job is cancelled however its process ends", () => {
  fc.assert(
    fc.property(outcome, (how) => {
      expect(settle(requestCancel(start(queued(3))), how).state).toBe("cancelled");
    }),
  );
});
