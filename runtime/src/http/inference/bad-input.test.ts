import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { deflateSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ModelService, openModelService } from "../../../testing/model-service.ts";
import { identityModel, linearModel } from "../../../testing/onnx-model.ts";
import { token } from "../../../testing/service.ts";

let service: ModelService;
let port: number;
const bodyLimitBytes = 1024 * 1024;
const requestTimeoutMs = 3_000;
beforeAll(async () => {
  service = await openModelService({}, { bodyLimitBytes, requestTimeoutMs });
  await service.deploy("linear", 1, linearModel([1, 10], 0.5));
  await service.deploy("half", 1, identityModel("FP16"));
  port = Number(new URL(await service.app.listen({ port: 0, host: "127.0.0.1" })).port);
});
afterAll(() => service.close());

const row = { inputs: [{ name: "x", datatype: "FP32", shape: [1, 2], data: [3, 4] }] };
const json = { "content-type": "application/json" };
const infer = "/v2/models/linear/infer";
const csv = { "content-type": "text/csv", "x-amzn-sagemaker-target-model": "linear" };

describe("what is wrong with a request is said with a code and no 5xx", () => {
  const text = JSON.stringify(row);
  const cases: [
    what: string,
    url: string,
    payload: string | Buffer | object,
    headers: object,
    code: string,
  ][] = [
    ["a negative header length", infer, text, { "inference-header-content-length": "-1" }, "INVALID_REQUEST"],
    [
      "a header length past the body",
      infer,
      text,
      { "inference-header-content-length": "999" },
      "INVALID_REQUEST",
    ],
    [
      "a huge header length",
      infer,
      text,
      { "inference-header-content-length": "9".repeat(40) },
      "INVALID_REQUEST",
    ],
    [
      "a header length in words",
      infer,
      text,
      { "inference-header-content-length": "ten" },
      "INVALID_REQUEST",
    ],
    [
      "a header length that cuts the JSON",
      infer,
      text,
      { "inference-header-content-length": "9" },
      "MALFORMED_BODY",
    ],
    [
      "bare bytes that are no whole row",
      infer,
      "abc",
      { "inference-header-content-length": "0" },
      "INPUT_INVALID",
    ],
    ["a body that is not gzip", infer, text, { "content-encoding": "gzip" }, "MALFORMED_BODY"],
    ["an encoding that is not offered", infer, text, { "content-encoding": "br" }, "UNSUPPORTED_MEDIA_TYPE"],
    [
      "gzip that is cut",
      infer,
      gzipSync(text).subarray(0, 20),
      { "content-encoding": "gzip" },
      "MALFORMED_BODY",
    ],
    ["text that is not UTF-8", infer, Buffer.from([0x7b, 0xff]), json, "MALFORMED_BODY"],
    ["a model that is not there", "/v1/models/none:predict", { instances: [] }, {}, "MODEL_NOT_SERVED"],
    ["a verb that is not there", "/v1/models/linear:explain", { instances: [] }, {}, "ROUTE_NOT_FOUND"],
    ["rows of another width", "/v1/models/linear:predict", { instances: [[1]] }, {}, "INPUT_INVALID"],
    ["CSV with ragged rows", "/invocations", "a,b\n1", csv, "MALFORMED_BODY"],
    ["CSV with words", "/invocations", "a,b\n1,two", csv, "INPUT_INVALID"],
    ["params", "/invocations", { instances: [[1, 2]], params: { top_k: 1 } }, {}, "INVALID_REQUEST"],
    ["a frame without columns", "/invocations", { dataframe_split: { data: [] } }, {}, "INVALID_REQUEST"],
    [
      "records that differ",
      "/invocations",
      { dataframe_records: [{ a: 1 }, { b: 1 }] },
      {},
      "INVALID_REQUEST",
    ],
    ["FP16 asked for in rows", "/v1/models/half:predict", { instances: [1] }, {}, "INVALID_REQUEST"],
    ["a version that is not there", "/v2/models/linear/versions/7/infer", row, {}, "MODEL_NOT_SERVED"],
    ["an output that is not there", infer, { ...row, outputs: [{ name: "z" }] }, {}, "INVALID_REQUEST"],
    ["an input named twice", infer, { inputs: [...row.inputs, ...row.inputs] }, {}, "INPUT_INVALID"],
    [
      "a shape whose product overflows",
      infer,
      { inputs: [{ ...row.inputs[0], shape: [2 ** 52, 2] }] },
      {},
      "INPUT_INVALID",
    ],
    ["the key __proto__", infer, '{"__proto__": {"inputs": []}, "inputs": []}', {}, "INVALID_REQUEST"],
    ["deep JSON", infer, `{"inputs": ${"[".repeat(200_000)}`, {}, "MALFORMED_BODY"],
    ["an unknown model to load", "/v2/repository/models/none/load", {}, {}, "MODEL_NOT_SERVED"],
    ["an unknown model to unload", "/v2/repository/models/none/unload", {}, {}, "MODEL_NOT_SERVED"],
    [
      "files to load",
      "/v2/repository/models/linear/load",
      { parameters: { "file:1/model.onnx": "AAAA" } },
      {},
      "INVALID_REQUEST",
    ],
  ];
  for (const [what, url, payload, headers, code] of cases) {
    test(what, async () => {
      const answer = await service.post(url, payload, headers);
      expect(answer.json()).toMatchObject({ code, error: expect.any(String) });
      expect(answer.statusCode).toBeGreaterThanOrEqual(400);
      expect(answer.statusCode).toBeLessThan(500);
      expect((await service.post(infer, row)).statusCode).toBe(200);
    });
  }

  test("a zip bomb is refused at the body's limit, and the same bytes unpacked too", async () => {
    const blanks = Buffer.alloc(100 * bodyLimitBytes, 0x20);
    const bombs: [Buffer, object][] = [
      [gzipSync(blanks), { "content-encoding": "gzip" }],
      [deflateSync(blanks), { "content-encoding": "deflate" }],
      [Buffer.alloc(bodyLimitBytes + 1, 0x20), {}],
    ];
    for (const [payload, encoding] of bombs) {
      const answer = await service.post(infer, payload, { ...json, ...encoding });
      expect(answer.json().code).toBe("BODY_TOO_LARGE");
      expect(answer.statusCode).toBe(413);
    }
  });
});

/** Speaks HTTP byte by byte; resolves with all that was answered until the other side closes. */
async function speak(write: (say: (text: string | Buffer) => void) => Promise<void>): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  let heard = "";
  socket.on("data", (chunk) => {
    heard += chunk.toString();
  });
  socket.on("error", () => {});
  const closed = once(socket, "close");
  await once(socket, "connect");
  socket.setNoDelay(true);
  await write((text) => socket.write(text));
  await closed;
  return heard;
}

const head = (length: string, more = "") =>
  `POST ${infer} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${token}\r\n${length}\r\n${more}\r\n`;

describe("over a real connection", () => {
  test("a body that comes too slowly is answered 408 and the connection ends", async () => {
    const heard = await speak(async (say) => {
      say(head("content-length: 1000"));
      say("{");
    });
    expect(heard).toContain(" 408 ");
    expect(heard).toContain("BODY_TOO_SLOW");
  });

  test("a length that is over the limit is refused before the body is sent", async () => {
    const heard = await speak(async (say) => say(head("content-length: 99999999999")));
    expect(heard).toContain(" 413 ");
  });

  const broken: [what: string, length: string, rest: string, status: number, code: string][] = [
    ["a negative length", "content-length: -1", "", 400, "INVALID_REQUEST"],
    ["a length in words", "content-length: ten", "", 400, "INVALID_REQUEST"],
    ["a length past counting", `content-length: ${"9".repeat(40)}`, "", 400, "INVALID_REQUEST"],
    ["two lengths", "content-length: 2\r\ncontent-length: 3", "{}", 400, "INVALID_REQUEST"],
    [
      "a length and chunks",
      "content-length: 2\r\ntransfer-encoding: chunked",
      "0\r\n\r\n",
      400,
      "INVALID_REQUEST",
    ],
    ["a chunk of no length", "transfer-encoding: chunked", "x\r\n", 400, "MALFORMED_BODY"],
    ["a head of a megabyte", `x-filler: ${"a".repeat(1_000_000)}`, "", 431, "HEADERS_TOO_LARGE"],
  ];
  for (const [what, length, rest, status, code] of broken) {
    test(`${what} is answered ${status} with a code, and the connection ends`, async () => {
      const heard = await speak(async (say) => say(head(length) + rest));
      expect(heard).toContain(`HTTP/1.1 ${status} `);
      expect(JSON.parse(heard.slice(heard.indexOf("\r\n\r\n")))).toEqual({ error: expect.any(String), code });
      expect((await service.post(infer, row)).statusCode).toBe(200);
    });
  }

  test("65,536 chunks of one byte are read in memory of their own size", async () => {
    const body = Buffer.from(JSON.stringify(row).padEnd(65_536, " "));
    const before = process.memoryUsage().rss;
    const heard = await speak(async (say) => {
      say(head("transfer-encoding: chunked", "connection: close\r\n"));
      for (let at = 0; at < body.length; at += 64) {
        let chunks = "";
        for (const byte of body.subarray(at, at + 64)) chunks += `1\r\n${String.fromCharCode(byte)}\r\n`;
        say(chunks);
      }
      say("0\r\n\r\n");
    });
    expect(heard).toContain(" 200 ");
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * 1024 * 1024);
  });

  test("a caller who goes away in the middle of a body leaves the service as it was", async () => {
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    socket.write(head("content-length: 1000"));
    await wait(20);
    socket.destroy();
    expect((await service.post(infer, row)).statusCode).toBe(200);
  });
});
