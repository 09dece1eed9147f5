import { expect, test } from "vitest";
import { adviseInstall, firstDifference, firstLeftOut } from "./dependencies.plan.mjs";

const wanted = {
  "": { version: "0.1.0" },
  cli: { version: "0.1.0", bin: { bedplate: "bin/bedplate.js" } },
  "node_modules/a": { version: "1.0.0", integrity: "x" },
  "node_modules/only-on-a-mac": { version: "1.0.0", optional: true },
};
const installed = { cli: wanted.cli, "node_modules/a": wanted["node_modules/a"] };

test("packages for other platforms may be absent", () => {
  expect(firstDifference(wanted, installed)).toBeUndefined();
});

test("a missing, another, a surplus package and another command are each a reason to install", () => {
  expect(firstDifference(wanted, { cli: wanted.cli })).toBe("node_modules/a is not installed");
  const other = { ...installed, "node_modules/a": { version: "1.0.1", integrity: "y" } };
  expect(firstDifference(wanted, other)).toBe("node_modules/a is 1.0.1, not 1.0.0");
  expect(firstDifference(wanted, { ...installed, "node_modules/b": {} })).toBe(
    "node_modules/b is not in the lockfile",
  );
  expect(firstDifference(wanted, { ...installed, cli: { version: "0.1.0" } })).toBe("cli has other commands");
});

test("a failed install comes with what to do about it", () => {
  expect(adviseInstall("npm error code ENOTFOUND", "https://r.example")).toContain(
    "https://r.example does not answer",
  );
  expect(adviseInstall("npm error ENOSPC: no space left", "")).toContain("disk is full");
  expect(adviseInstall("npm error EACCES: permission denied", "")).toContain("chown");
  expect(adviseInstall("npm error EINTEGRITY", "")).toContain("npm cache verify");
  expect(adviseInstall("what?", "")).toContain("npm ci");
});

test("an optional package for this very platform that npm left out is told, one for another is not", () => {
  const locked = {
    "node_modules/x": { version: "1.0.0", optional: true, os: ["linux"], cpu: ["x64"], libc: ["glibc"] },
    "node_modules/y": { version: "1.0.0", optional: true, os: "darwin", cpu: "x64" },
    "node_modules/z": { version: "1.0.0", optional: true },
  };
  const platform = { os: "linux", cpu: "x64", libc: "glibc" };
  expect(firstLeftOut(locked, {}, platform)).toBe("node_modules/x was left out");
  expect(firstLeftOut(locked, { "node_modules/x": {} }, platform)).toBeUndefined();
  expect(firstLeftOut(locked, {}, { ...platform, libc: "musl" })).toBeUndefined();
});
