import { expect, test } from "vitest";
import { readHead } from "./request-head.ts";

const read = (...lines: string[]) => readHead(Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1"));
const plain = ["POST /v2/models/m/infer HTTP/1.1", "Host: a:1", "Content-Length: 12"];

test("a plain head is read, and where its body ends", () => {
  expect(read(...plain, "X-Empty:", "Accept:  a, b  ", "Connection: Keep-Alive")).toMatchObject({
    method: "POST",
    url: "/v2/models/m/infer",
    headers: { host: "a:1", "content-length": "12", "x-empty": "", accept: "a, b" },
    bodyBytes: 12,
  });
  expect(read("GET /livez HTTP/1.1", "host: a")?.bodyBytes).toBe(0);
});

test("what comes behind the empty line is not of the head", () => {
  const head = `${plain.join("\r\n")}\r\n\r\n`;
  expect(readHead(Buffer.from(`${head}a: b\r\n\r\n`))?.bytes).toBe(head.length);
});

test.each<[string, readonly string[]]>([
  ["an older protocol", ["GET / HTTP/1.0", "host: a"]],
  ["another method", ["CONNECT a:1 HTTP/1.1", "host: a"]],
  ["a method in lower case", ["post / HTTP/1.1", "host: a"]],
  ["an absolute address", ["GET http://a/ HTTP/1.1", "host: a"]],
  ["two spaces", ["GET  / HTTP/1.1", "host: a"]],
  ["no host", ["GET / HTTP/1.1"]],
  ["two lengths", [...plain, "content-length: 12"]],
  ["two hosts", [...plain, "host: b"]],
  ["a header twice", [...plain, "x: 1", "X: 1"]],
  ["a length with a sign", ["POST / HTTP/1.1", "host: a", "content-length: +1"]],
  ["a list of lengths", ["POST / HTTP/1.1", "host: a", "content-length: 1, 1"]],
  ["no length at all", ["POST / HTTP/1.1", "host: a", "content-length:"]],
  ["a length that no number holds", ["POST / HTTP/1.1", "host: a", `content-length: ${"9".repeat(16)}`]],
  ["chunks", [...plain, "transfer-encoding: chunked"]],
  ["a question before the body", [...plain, "expect: 100-continue"]],
  ["another protocol to come", [...plain, "connection: upgrade", "upgrade: h2c"]],
  ["a connection that ends", [...plain, "connection: close"]],
  ["a space before the colon", [...plain, "x : 1"]],
  ["a folded line", [...plain, "x: 1", " 2"]],
  ["a line that ends by a line feed alone", [...plain, "x: 1\ny: 2"]],
  ["a carriage return in a value", [...plain, "x: 1\r2"]],
  ["a NUL in a value", [...plain, "x: \0"]],
  ["a value that is not ASCII", [...plain, "x: é"]],
  ["no name", [...plain, ": 1"]],
  ["an empty line before it", ["", ...plain]],
  ["more than it takes", [...plain, `x: ${"a".repeat(9_000)}`]],
])("%s is left to Node", (_, lines) => {
  expect(read(...lines)).toBeNull();
});

test("a head that is not whole is left to Node", () => {
  expect(readHead(Buffer.from(plain.join("\r\n")))).toBeNull();
});
