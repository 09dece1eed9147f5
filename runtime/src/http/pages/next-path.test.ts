import fc from "fast-check";
import { expect, test } from "vitest";
import { nextPath } from "./next-path.ts";

test("a path of this service is kept with its query", () => {
  expect(nextPath("/console/models/iris?version=2")).toBe("/console/models/iris?version=2");
  expect(nextPath("/docs/")).toBe("/docs/");
});

test.each([
  undefined,
  "",
  "console",
  "//evil.example",
  "/\\evil.example",
  "/\t/evil.example",
  "/x/..//evil.example",
  "https://evil.example/",
  "javascript:alert(1)",
  "/login",
  "/logout",
])("%j goes to the console", (wanted) => {
  expect(nextPath(wanted)).toBe("/console/");
});

test("whatever is asked for, a browser stays on the service's own host", () => {
  const nasty = fc.string({
    unit: fc.constantFrom("/", "\\", "\t", "\n", ".", "@", ":", "a", "?", "#", "%"),
  });
  fc.assert(
    fc.property(nasty, (rest) => {
      const next = nextPath(`/${rest}`);
      expect(next).toMatch(/^\//);
      expect(new URL(next, "http://127.0.0.1:4680").host).toBe("127.0.0.1:4680");
    }),
  );
});
