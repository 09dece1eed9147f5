import fc from "fast-check";
import { expect, test } from "vitest";
import { datasetName, type LineageThing, nodeId, parseNodeId, uuidOf } from "./lineage-node.ts";

const name = fc.string({ minLength: 1, maxLength: 50, unit: "grapheme" });
const thing: fc.Arbitrary<LineageThing> = fc.oneof(
  fc.record({ kind: fc.constantFrom("dataset" as const, "job" as const), namespace: name, name }),
  fc.record({ kind: fc.constant("run" as const), runId: name.map((text) => `r${text}-`) }),
  fc.record({
    kind: fc.constant("model-version" as const),
    model: name,
    version: fc.integer({ min: 1, max: 999 }),
  }),
  fc.record({ kind: fc.constant("alias" as const), model: name, alias: name }),
);

test("an id names one thing, whatever characters its parts have", () => {
  fc.assert(
    fc.property(thing, (one) => {
      expect(parseNodeId(nodeId(one))).toEqual(one);
    }),
  );
});

test("anything else is refused with the spellings that there are", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      fc.pre(!/^(dataset|job|run|alias|model-version):/.test(text));
      expect(() => parseNodeId(text)).toThrow("Write dataset:");
    }),
  );
});

test("a run is the same with and without the dashes of its UUID", () => {
  fc.assert(
    fc.property(fc.uuid(), (id) => {
      expect(nodeId({ kind: "run", runId: id })).toBe(nodeId({ kind: "run", runId: id.replaceAll("-", "") }));
      expect(uuidOf(id.replaceAll("-", ""))).toBe(id);
    }),
  );
});

test("a data set is named as OpenLineage names it, by its address where it has one", () => {
  const named = (source: string) => datasetName({ name: "iris", source });
  expect(named('{"uri": "s3://lake/iris.csv"}')).toEqual({ namespace: "s3://lake", name: "iris.csv" });
  expect(named('{"url": "https://u:p@host/a/b?x=1"}')).toEqual({ namespace: "https://host", name: "a/b" });
  expect(named('{"uri": "/data/iris.csv"}')).toEqual({ namespace: "file", name: "/data/iris.csv" });
  expect(named("file:///data/iris.csv")).toEqual({ namespace: "file", name: "/data/iris.csv" });
  expect(named('{"tags": {"mlflow.user": "ada"}}')).toEqual({ namespace: "mlflow", name: "iris" });
  expect(named("")).toEqual({ namespace: "mlflow", name: "iris" });
});

test("a model version that a foreign event reads is the version's own node", () => {
  expect(nodeId({ kind: "dataset", namespace: "bedplate://models", name: "a/b/3" })).toBe(
    nodeId({ kind: "model-version", model: "a/b", version: 3 }),
  );
});
