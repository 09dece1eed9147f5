import fc from "fast-check";
import { expect, test } from "vitest";
import { joinPath, parseArtifactPath } from "./artifact-path.ts";
import { artifactFolder, artifactUri, parseSource } from "./artifact-uri.ts";

const encode = (text: string, times: number): string =>
  times === 0
    ? text
    : encode([...text].map((c) => `%${c.charCodeAt(0).toString(16).padStart(2, "0")}`).join(""), times - 1);
const plain = fc
  .array(fc.stringMatching(/^[A-Za-z0-9_ äß-][A-Za-z0-9_. äß-]{0,10}$/), { minLength: 1, maxLength: 5 })
  .map((segments) => segments.map((segment) => `${segment}x`).join("/"));

test("an ordinary path stays as it is, with or without a slash at its end", () => {
  fc.assert(
    fc.property(plain, (path) => {
      expect(parseArtifactPath(path)).toBe(path);
      expect(parseArtifactPath(`${path}/`)).toBe(path);
    }),
  );
  for (const path of [
    "",
    "100%.txt",
    "a%20b",
    "model/MLmodel",
    "..a/b..",
    "...",
    "m-1/ünïcode name.txt",
    "a;b",
    "100%u",
    "%e4%bd%a0",
  ]) {
    expect(parseArtifactPath(path)).toBe(path);
  }
});

test("a path that leads elsewhere is refused in every spelling and at every depth", () => {
  const bad = fc.constantFrom(
    "..",
    ".",
    "",
    "../..",
    "a\\b",
    "..\\..",
    "a\0b",
    "a\nb",
    "．．",
    "..／x",
    "‥",
    "..;",
    "..;a=b",
    "..∕..",
    "a＼..",
    "%u002e%u002e",
    "..%u2215..",
  );
  const place = fc.constantFrom(
    (text: string) => `${text}/x`,
    (text: string) => `a/${text}/x`,
    (text: string) => `a/b/${text}/x`,
  );
  const slashes = fc.constantFrom("/", "%2f", "%2F", "%252f");
  fc.assert(
    fc.property(bad, place, fc.integer({ min: 0, max: 3 }), slashes, (text, put, times, slash) => {
      const ascii = [...text].every((c) => c.charCodeAt(0) < 128);
      const spelled = put(ascii ? encode(text, times) : text);
      expect(() => parseArtifactPath(spelled)).toThrow("Invalid path");
      expect(() => parseArtifactPath(spelled.replaceAll("/", slash))).toThrow("Invalid path");
    }),
  );
});

test("absolute paths, drives, hosts and addresses are refused", () => {
  const bad = [
    "/etc/passwd",
    "//host/x",
    "C:/x",
    "c:\\x",
    "file:///etc/passwd",
    "FILE:x",
    "http://x/y",
    "%2fetc",
    "%66ile:x",
    "~%00",
    "%c0%ae%c0%ae/x",
    "a/%e0%80%ae%e0%80%ae/x",
    "a%f0%80%80%afb",
    "a".repeat(2_001),
  ];
  for (const path of bad) expect(() => parseArtifactPath(path), path).toThrow("Invalid path");
});

test("what a version may be made from is one of our addresses", () => {
  expect(parseSource("mlflow-artifacts:/1/r/artifacts/model")).toEqual({
    kind: "artifacts",
    path: "1/r/artifacts/model",
  });
  expect(parseSource("runs:/abc/model/x")).toEqual({ kind: "run", runId: "abc", path: "model/x" });
  expect(parseSource("models:/m-12")).toEqual({ kind: "logged-model", modelId: "m-12", path: "" });
  expect(parseSource("models:/my model/3")).toEqual({ kind: "version", name: "my model", version: 3 });
  expect(parseSource("models:/my model@best")).toEqual({ kind: "alias", name: "my model", alias: "best" });
  const bad = [
    "",
    "/etc",
    "etc",
    "file:/etc",
    "file:///etc",
    "mlflow-artifacts:",
    "mlflow-artifacts:/",
    "mlflow-artifacts://host/x",
    "mlflow-artifacts:///x",
    "mlflow-artifacts:/../etc",
    "mlflow-artifacts:/a/%2e%2e/b",
    "runs:/../x",
    "runs:/abc/c:/windows",
    "models:/m-12/file:/etc/passwd",
    "models:/x/0",
    "models:/x/1/2",
    "models:/x/latest",
    "s3://bucket/x",
    "dbfs:/x",
    "MLFLOW-ARTIFACTS:/x",
  ];
  for (const uri of bad) expect(() => parseSource(uri), uri).toThrow(/Invalid/);
});

test("a folder's address leads back to it, and a path joined to a folder stays below it", () => {
  fc.assert(
    fc.property(plain, plain, (folder, path) => {
      expect(artifactFolder(artifactUri(folder))).toBe(folder);
      expect(joinPath(folder, path).startsWith(`${folder}/`)).toBe(true);
      expect([joinPath("", path), joinPath(folder, "")]).toEqual([path, folder]);
    }),
  );
});
