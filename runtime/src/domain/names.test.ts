import { expect, test } from "vitest";
import { contentTypeOf } from "./content-type.ts";
import { nameRun } from "./run-name.ts";
import { checkAlias, checkBatch, checkKey, checkModelName, checkParam, checkTag } from "./tracking-limits.ts";

test("a run's made-up name is adjective, noun and number, and always the same", () => {
  expect(nameRun("a")).toMatch(/^[a-z]+-[a-z]+-\d{1,3}$/);
  expect(nameRun("a")).toBe(nameRun("a"));
  expect(new Set(Array.from({ length: 200 }, (_, at) => nameRun(String(at)))).size).toBeGreaterThan(195);
});

test("a content type comes from the last extension alone", () => {
  expect(contentTypeOf("a/model.ONNX")).toBe("application/octet-stream");
  expect(contentTypeOf("a.json")).toBe("text/plain; charset=utf-8");
  expect(contentTypeOf("model/MLmodel")).toBe("text/plain; charset=utf-8");
  expect(contentTypeOf("x.txt.png")).toBe("image/png");
  expect(contentTypeOf("a.constructor")).toBe("application/octet-stream");
});

test("keys take letters of every language, and no path that leads elsewhere", () => {
  for (const key of ["val/loss", "a b", "größe_1", "sys:cpu-0.5"])
    expect(() => checkKey("metric", key)).not.toThrow();
  for (const key of ["", "a//b", "../a", "/a", "a/.", "a\nb", "a;b", "x".repeat(251)]) {
    expect(() => checkKey("metric", key), key).toThrow(/metric name/);
  }
});

test("limits are those of MLflow, and one more is refused with the numbers", () => {
  expect(() => checkBatch(1_000, 0, 0)).not.toThrow();
  expect(() => checkBatch(1_001, 0, 0)).toThrow("can contain at most 1000 metrics. Got 1001 metrics");
  expect(() => checkBatch(0, 101, 0)).toThrow("at most 100 params");
  expect(() => checkBatch(0, 0, 101)).toThrow("at most 100 tags");
  expect(() => checkBatch(900, 100, 1)).toThrow("at most 1000 metrics, params, and tags");
  expect(() => checkParam({ key: "p", value: "x".repeat(6_000) })).not.toThrow();
  expect(() => checkParam({ key: "p", value: "x".repeat(6_001) })).toThrow("length 6001");
  expect(() => checkTag({ key: "t", value: "x".repeat(8_001) })).toThrow("length 8001");
});

test("model names and aliases can stand in addresses", () => {
  for (const name of ["", "a/b", "a:b", " a", "a\n", "x".repeat(257)]) {
    expect(() => checkModelName(name)).toThrow("Invalid model name");
  }
  for (const alias of ["latest", "LATEST", "v1"]) expect(() => checkAlias(alias)).toThrow("reserved");
  for (const alias of ["", "a b", "a/b", "x".repeat(256)])
    expect(() => checkAlias(alias)).toThrow("Invalid alias name");
});
