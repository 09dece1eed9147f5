import { expect, test } from "vitest";
import { isPrivate } from "./private-file.ts";

test.each([
  [0o600, 1000, true],
  [0o400, 0, true],
  [0o640, 1000, false],
  [0o604, 1000, false],
  [0o440, 0, true],
  [0o460, 0, false],
  [0o444, 0, false],
])("a file of mode %o that user %i owns is private: %s", (mode, uid, expected) => {
  expect(isPrivate({ mode, uid })).toBe(expected);
});
