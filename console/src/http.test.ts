import { expect, test } from "vitest";
import { readError } from "./http.ts";

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
