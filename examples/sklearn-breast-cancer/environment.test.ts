import { expect, test } from "vitest";
import { objection } from "./environment.ts";

test("a Python in the range with its modules will do", () => {
  expect(objection("python3", "3 11\n")).toBeUndefined();
  expect(objection("python3", "3 13\n")).toBeUndefined();
});

test("a Python outside the range is named with its version and the range", () => {
  for (const version of ["2 7", "3 10", "3 14"]) {
    const [major, minor] = version.split(" ");
    expect(objection("python", `${version}\n`)).toBe(
      `python is Python ${major}.${minor}; this example needs Python 3.11 to 3.13.`,
    );
  }
});

test("a Python without venv says which package has it", () => {
  expect(objection("python3", "3 12 ensurepip\n")).toBe(
    "python3 is Python 3.12 without ensurepip; on Debian and Ubuntu: apt install python3.12-venv.",
  );
});
