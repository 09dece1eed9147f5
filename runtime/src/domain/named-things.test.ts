import type { Reference } from "@bedplate/contract";
import fc from "fast-check";
import { expect, test } from "vitest";
import { namedThings } from "./named-things.ts";

const write = { scope: "tracking:write" } as const;
const request = (body: unknown) => ({ params: {}, query: {}, body, headers: {} });

test("a reference names what stands at its place, each element of a list, and each thing once", () => {
  const references: Reference[] = ["run:body.run_id", "read logged-model:body.models.model_id"];
  const body = { run_id: "r", models: [{ model_id: "a" }, { model_id: "b" }, { model_id: "a" }, {}] };
  expect(namedThings(write, references, request(body))).toEqual([
    { kind: "run", id: "r", changes: true, mayBeAbsent: false },
    { kind: "logged-model", id: "a", changes: false, mayBeAbsent: true },
    { kind: "logged-model", id: "b", changes: false, mayBeAbsent: true },
  ]);
});

test("who may only read changes nothing, whatever the place says", () => {
  for (const scope of ["tracking:read", "inference:call", "self"] as const) {
    const [thing] = namedThings({ scope }, ["run:body.run_id"], request({ run_id: "r" }));
    expect(thing?.changes).toBe(false);
  }
});

test("a source is what it leads to, and an empty path is the root of the store", () => {
  const of = (source: string) => namedThings(write, ["source:body.s"], request({ s: source }))[0];
  expect(of("runs:/r/model")).toMatchObject({ kind: "run", id: "r" });
  expect(of("models:/m/3")).toMatchObject({ kind: "model", id: "m" });
  expect(of("models:/m@champion")).toMatchObject({ kind: "model", id: "m" });
  expect(of("models:/m-1/x")).toMatchObject({ kind: "logged-model", id: "m-1" });
  expect(of("mlflow-artifacts:/7/r/artifacts")).toMatchObject({ kind: "artifact", id: "7/r/artifacts" });
  expect(of("")).toBeUndefined();
  expect(namedThings(write, ["artifact:query.path"], { ...request({}), query: { path: "" } })).toEqual([
    { kind: "artifact", id: "", changes: true, mayBeAbsent: false },
  ]);
  expect(() => of("file:/etc/passwd")).toThrow("Invalid model version source");
});

test("no request, however odd, makes it fail in another way than as a bad request", () => {
  fc.assert(
    fc.property(fc.anything(), (body) => {
      try {
        namedThings(write, ["run:body.a.b", "experiment:body.a", "source:body.s"], request(body));
      } catch (error) {
        expect(error).toMatchObject({ code: "INVALID_REQUEST" });
      }
    }),
  );
});
