import { expect, test } from "vitest";
import { licenceProblems, pinProblems } from "./checks.plan.ts";
import { lockedPackages } from "./lockfile.plan.ts";

const integrity = "sha512-abc";
const entry = (given: object) => ({ version: "1.0.0", license: "MIT", integrity, ...given });
const locked = (packages: Readonly<Record<string, Readonly<Record<string, unknown>>>>) =>
  lockedPackages({ packages });
const equal = (text: string, allowed: readonly string[]) => {
  if (text.includes("SEE")) throw new Error("no expression");
  return allowed.includes(text);
};

test("our own workspaces are no packages of others", () => {
  const own = { "": entry({}), contract: entry({}), "node_modules/@bedplate/contract": { link: true } };
  expect(locked({ ...own, "cli/node_modules/a": entry({ dev: true }) })).toEqual([
    { place: "cli/node_modules/a", version: "1.0.0", licence: "MIT", integrity, dev: true, optional: false },
  ]);
});

test("a licence must be allowed, or an exception says what it is; what only makes Bedplate is free", () => {
  const packages = locked({
    "node_modules/a": entry({}),
    "node_modules/b": entry({ license: "GPL-3.0-only" }),
    "node_modules/x/node_modules/@c/d": entry({ license: "SEE LICENSE IN LICENSE" }),
    "node_modules/e": { version: "2.0.0" },
    "node_modules/f": entry({ license: "GPL-3.0-only", dev: true }),
  });
  const found = (names: readonly string[]) =>
    licenceProblems(
      packages,
      ["MIT"],
      names.map((name) => ({ name, reason: "read" })),
      equal,
    ).map((line) => line.split(" ")[0]);
  expect(found([])).toEqual(["b@1.0.0", "@c/d@1.0.0", "e@2.0.0"]);
  expect(found(["@c/d"])).toEqual(["b@1.0.0", "e@2.0.0"]);
});

test("every package is pinned by SHA-512 to the registry", () => {
  const packages = locked({
    "node_modules/a": entry({ resolved: "https://registry.npmjs.org/a/-/a-1.0.0.tgz" }),
    "node_modules/b": entry({ resolved: "git+ssh://git@github.com/b/b.git#1" }),
    "node_modules/c": entry({ integrity: "sha1-abc" }),
    "node_modules/d": { version: "1.0.0" },
    "node_modules/e": { version: "1.0.0", optional: true },
  });
  expect(pinProblems(packages)).toEqual([
    "b@1.0.0 comes from git+ssh://git@github.com/b/b.git#1",
    "c@1.0.0 is pinned by sha1 alone",
    "d@1.0.0 has no digest in the lock file",
  ]);
});
