import fc from "fast-check";
import { expect, test } from "vitest";
import { credentialsOf, readAddress } from "./credentials.plan.ts";
import { below, ownerOfSource } from "./model-source.plan.ts";
import { chunks, missingTags, ownTags, quoteText } from "./source-tags.plan.ts";

const hex = fc.stringMatching(/^[0-9a-f]{32}$/);
const path = fc
  .array(fc.stringMatching(/^[a-z][a-z0-9 ._-]{0,8}$/), { maxLength: 3 })
  .map((parts) => parts.join("/"));
const store = fc.constantFrom(
  "mlflow-artifacts:/7",
  "s3://bucket/mlflow/7",
  "file:///srv/7",
  "/srv/mlruns/7",
);

test("a folder of a run or of a logged model is known again in any store, with the path below it", () => {
  fc.assert(
    fc.property(store, hex, path, (root, id, inside) => {
      const run = below(`${root}/${id}/artifacts`, inside);
      expect(ownerOfSource(run)).toEqual({ kind: "run", id, path: inside, byScheme: false });
      const model = below(`${root}/models/m-${id}/artifacts`, inside);
      expect(ownerOfSource(model)).toEqual({
        kind: "loggedModel",
        id: `m-${id}`,
        path: inside,
        byScheme: false,
      });
      expect(ownerOfSource(below(`runs:/${id}`, inside))).toEqual({
        kind: "run",
        id,
        path: inside,
        byScheme: true,
      });
    }),
  );
});

test.each([
  ["models:/iris/3", { kind: "version", name: "iris", version: "3" }],
  ["models:/m-0a/weights", { kind: "loggedModel", id: "m-0a", path: "weights", byScheme: true }],
  ["dummy-source", { kind: "prompt" }],
  ["s3://bucket/iris.onnx", { kind: "elsewhere" }],
  ["models:/iris@best", { kind: "elsewhere" }],
])("the source %s is %o", (source, owner) => {
  expect(ownerOfSource(source)).toEqual(owner);
});

test("parts are none too long and together all", () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), fc.integer({ min: 1, max: 9 }), (all, size) => {
      const parts = chunks(all, size);
      expect(parts.flat()).toEqual(all);
      for (const part of parts) expect(part.length).toBeLessThanOrEqual(size);
    }),
  );
});

test("tags that say where the source came from stay behind, and only what differs is sent", () => {
  const tags = [
    { key: "team", value: "a" },
    { key: "bedplate.source.run", value: "x" },
  ];
  expect(ownTags(tags)).toEqual([{ key: "team", value: "a" }]);
  expect(missingTags(ownTags(tags), tags)).toEqual([]);
  expect(missingTags([{ key: "team", value: "b" }], tags)).toEqual([{ key: "team", value: "b" }]);
});

test("a text is quoted by the quotes that it does not hold", () => {
  expect([quoteText("a"), quoteText("it's"), quoteText(`it's "b"`)]).toEqual(["'a'", `"it's"`, null]);
});

test("credentials come from MLflow's variables, a user name only with its password", () => {
  expect(credentialsOf({})).toEqual({});
  expect(credentialsOf({ MLFLOW_TRACKING_TOKEN: "t" })).toEqual({ authorization: "Bearer t" });
  const pair = { MLFLOW_TRACKING_USERNAME: "u", MLFLOW_TRACKING_PASSWORD: "p" };
  expect(credentialsOf({ ...pair, MLFLOW_TRACKING_TOKEN: "t" })).toEqual({ authorization: "Basic dTpw" });
  expect(credentialsOf({ MLFLOW_TRACKING_USERNAME: "u" })).toMatchObject({
    problem: expect.stringContaining("MLFLOW_TRACKING_PASSWORD"),
  });
});

test("an address with credentials or of another kind is refused, and no secret is shown", () => {
  expect(readAddress("http://host:5000/mlflow/")).toEqual({ address: "http://host:5000/mlflow" });
  for (const uri of [
    "https://user:s3cret@host",
    "ftp://user:s3cret@host",
    "host:5000",
    "sqlite:///a.db",
    "",
  ]) {
    const read = readAddress(uri);
    expect(read).toHaveProperty("problem");
    expect(JSON.stringify(read)).not.toContain("s3cret");
  }
});
