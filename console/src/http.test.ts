import { describe, expect, test } from "vitest";
import { readError, readTail } from "./http.ts";

test("an error is read in each of the service's wordings", () => {
  expect(readError(404, '{"code":"NOT_FOUND","detail":"There is no model m.","status":404}')).toMatchObject({
    code: "NOT_FOUND",
    message: "There is no model m.",
  });
  expect(readError(404, '{"error_code":"RESOURCE_DOES_NOT_EXIST","message":"No run."}')).toMatchObject({
    code: "RESOURCE_DOES_NOT_EXIST",
    message: "No run.",
  });
  expect(readError(400, '{"error":"x is missing","code":"INPUT_MISSING"}')).toMatchObject({
    code: "INPUT_MISSING",
    message: "x is missing",
  });
});

test.each(["", "<html>", "null", "[]"])(
  "an answer that is none of them, %j, is told by its status",
  (text) => {
    expect(readError(502, text)).toMatchObject({
      code: "HTTP_502",
      message: "The service answered with status 502.",
    });
  },
);

describe("the end of a long text", () => {
  async function* chunks(...parts: string[]) {
    yield* parts;
  }

  test("a short text is kept whole", async () => {
    expect(await readTail(chunks("a\n", "b\n"), 10)).toEqual({ text: "a\nb\n", cut: false });
    expect(await readTail(chunks(), 10)).toEqual({ text: "", cut: false });
  });

  test("of a long one the last whole lines are kept", async () => {
    const lines = Array.from({ length: 1000 }, (_, line) => `line ${line}\n`);
    const { text, cut } = await readTail(chunks(...lines), 40);
    expect(cut).toBe(true);
    expect(text).toBe("line 997\nline 998\nline 999\n".padStart(text.length, "line 996\n"));
    expect(text.length).toBeLessThanOrEqual(40);
  });
});
