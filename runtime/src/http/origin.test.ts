import { expect, test } from "vitest";
import { isAllowedHost, isOwnOrigin } from "./origin.ts";

test("loopback names and configured names are ours, with and without a port", () => {
  for (const host of ["127.0.0.1:4680", "localhost", "[::1]:4680", "ml.example.com:443", "ML.example.com"]) {
    expect(isAllowedHost(host, ["ml.example.com"])).toBe(true);
  }
});

test("a name that only resolves to loopback is not ours", () => {
  for (const host of [
    "evil.example",
    "127.0.0.1.evil.example:4680",
    "localhost.evil.example",
    "",
    undefined,
  ]) {
    expect(isAllowedHost(host, [])).toBe(false);
  }
});

test("an origin is ours only with the same host and port", () => {
  const host = "127.0.0.1:4680";
  expect(isOwnOrigin({ host, origin: "http://127.0.0.1:4680" })).toBe(true);
  for (const origin of ["http://127.0.0.1:4681", "http://evil.example", "null", undefined]) {
    expect(isOwnOrigin(origin === undefined ? { host } : { host, origin })).toBe(false);
  }
});
