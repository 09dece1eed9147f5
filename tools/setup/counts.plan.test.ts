import { expect, test } from "vitest";
import { countReport, countsLine, sumCounts } from "./counts.plan.mjs";

const report = { numPassedTests: 3, numFailedTests: 0, numPendingTests: 1, numTodoTests: 1, success: true };

test("counts are those of the report; tests to do count as skipped", () => {
  expect(countReport(report)).toEqual({ passed: 3, failed: 0, skipped: 2 });
});

test("a file that fails before its tests, or an error outside of tests, is a failure", () => {
  const testResults = [{ status: "failed", assertionResults: [] }];
  expect(countReport({ ...report, success: false, testResults }).failed).toBe(1);
  expect(countReport({ ...report, success: false }).failed).toBe(1);
});

test("the line names skipped tests only where there are some", () => {
  expect(
    countsLine(
      sumCounts([
        { passed: 1, failed: 2, skipped: 0 },
        { passed: 3, failed: 0, skipped: 0 },
      ]),
    ),
  ).toBe("4 passed, 2 failed");
  expect(countsLine({ passed: 1, failed: 0, skipped: 4 })).toBe("1 passed, 0 failed, 4 skipped");
});
