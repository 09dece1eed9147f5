import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { closureOf, isKept, type Places } from "./image.plan.ts";

const places: Places = {
  "": {},
  app: { dependencies: { a: "1", "@own/lib": "1" }, optionalDependencies: { elsewhere: "1" } },
  lib: { dependencies: { b: "1" } },
  other: { dependencies: { c: "1" } },
  "node_modules/@own/lib": { link: true, resolved: "lib" },
  "node_modules/a": { dependencies: { b: "2" }, peerDependencies: { d: "1", absent: "1" } },
  "node_modules/a/node_modules/b": { dependencies: { a: "1" } },
  "node_modules/b": {},
  "node_modules/c": {},
  "node_modules/d": {},
};

test("what is kept is what the workspace needs, found as Node finds it, and nothing that only others need", () => {
  expect(closureOf(places, "app")).toEqual({
    workspaces: ["app", "lib"],
    packages: ["node_modules/a", "node_modules/a/node_modules/b", "node_modules/b", "node_modules/d"],
  });
});

test("of this repository the service needs its own packages, and no engine, page maker or test", () => {
  const root = join(import.meta.dirname, "../..");
  const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as { packages: Places };
  const { workspaces, packages } = closureOf(lock.packages, "runtime");
  expect(workspaces).toEqual(["contract", "runtime"]);
  for (const name of [
    "fastify",
    "onnxruntime-node",
    "onnxruntime-common",
    "zod",
    "pg",
    "@electric-sql/pglite",
  ]) {
    expect(packages).toContain(`node_modules/${name}`);
  }
  expect(
    packages.filter((place) => /@pulumi|vite|react|playwright|typescript|fast-check/.test(place)),
  ).toEqual([]);
});

test("one platform's library of ONNX Runtime is kept, and no test, type or map", () => {
  const linux = { os: "linux", arch: "x64" };
  const binding = "node_modules/onnxruntime-node/bin/napi-v6";
  const kept = (path: string) => isKept(path, linux);
  expect(
    [`${binding}/linux`, `${binding}/linux/x64`, `${binding}/linux/x64/libonnxruntime.so.1`].every(kept),
  ).toBe(true);
  expect([`${binding}/linux/arm64`, `${binding}/darwin`, `${binding}/win32/x64/a.dll`].some(kept)).toBe(
    false,
  );
  expect(
    ["contract/index.ts", "runtime/src/main.ts", "node_modules/x/index.js", "node_modules/x/LICENSE"].every(
      kept,
    ),
  ).toBe(true);
  expect(
    [
      "runtime/src/a.test.ts",
      "node_modules/x/index.d.ts",
      "node_modules/x/i.d.cts",
      "node_modules/x/i.js.map",
    ].some(kept),
  ).toBe(false);
});
