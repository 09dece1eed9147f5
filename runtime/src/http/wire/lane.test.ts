import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { setImmediate as turn, setTimeout as wait } from "node:timers/promises";
import fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import type { Answer, WholeRequest } from "./connection.ts";
import { Lane } from "./lane.ts";
import { ResponseHead } from "./response-head.ts";

const head = new ResponseHead(5_000);
const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

/** A server that answers each request with what it was, those to /fast in the lane where there is one. */
async function open(hasLane: boolean, answerAfter: () => Promise<unknown> = turn) {
  const taken: string[] = [];
  const server: Server = createServer(async (message, response) => {
    lane?.answers(message.socket, response);
    const body = `${message.method} ${message.url} ${await text(message)}`;
    response.writeHead(200, ["content-length", body.length] as unknown as string[]);
    response.end(body);
  });
  const take = ({ method, url, body }: WholeRequest, answer: Answer) => {
    if (url !== "/fast") return false;
    const told = `${method} ${url} ${body.toString("latin1")}`;
    taken.push(told);
    answerAfter().then(() => answer(head.word(200, ["content-length", told.length]), [told]));
    return true;
  };
  const lane = hasLane ? new Lane(server, take) : null;
  await once(server.listen(0, "127.0.0.1"), "listening");
  stops.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return { server, taken, port: (server.address() as AddressInfo).port };
}

async function dial(port: number): Promise<{ socket: Socket; received: () => string }> {
  const socket = connect(port, "127.0.0.1").setNoDelay(true);
  let received = "";
  socket.on("data", (chunk: Buffer) => {
    received += chunk.toString("latin1");
  });
  socket.on("error", () => {});
  await once(socket, "connect");
  stops.push(() => socket.destroy());
  return { socket, received: () => received };
}

const requestTo = (url: string, body = "", ...more: string[]) =>
  [`POST ${url} HTTP/1.1`, "host: a", `content-length: ${body.length}`, ...more, "", body].join("\r\n");

/** The answers without what differs by time. */
const settled = (answers: string) =>
  answers.replaceAll(/^(date|keep-alive): .*\r\n/gim, "").replaceAll(/^connection: keep-alive\r\n/gim, "");

const until = async (isTrue: () => boolean) => {
  for (let at = 0; at < 500 && !isTrue(); at++) await wait(2);
};

test("a whole plain request is answered in the lane, but the first of its connection", async () => {
  const { port, taken } = await open(true);
  const { socket, received } = await dial(port);
  for (const [at, body] of ["1", "2", "3"].entries()) {
    socket.write(requestTo("/fast", body));
    await until(() => received().split("HTTP/1.1 200").length === at + 2);
  }
  expect(taken).toEqual(["POST /fast 2", "POST /fast 3"]);
  const answers = received().split("HTTP/1.1 200 OK\r\n").slice(1);
  const without = (answer = "") => answer.replaceAll(/date: .*\r\n/gi, "").replace(/POST.*/, "");
  expect(without(answers[1])).toBe(without(answers[0]));
});

const last = fc.constantFrom("", requestTo("/fast", "", "connection: close"), "nonsense\r\n\r\n");
const answersIn = (received: string) => received.split("HTTP/1.1 ").length - 1;
const requests = fc.array(
  fc.oneof(
    fc
      .record({
        url: fc.constantFrom("/fast", "/slow"),
        body: fc.string({ maxLength: 20, unit: "grapheme-ascii" }),
      })
      .map(({ url, body }) => requestTo(url, body)),
    fc.constantFrom(
      "GET /slow HTTP/1.1\r\nhost: a\r\n\r\n",
      "POST /fast HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n",
      requestTo("/slow", requestTo("/fast", "inner")),
      requestTo("/fast", requestTo("/fast", "inner")),
      requestTo("/slow", "", "x: POST /fast HTTP/1.1"),
    ),
  ),
  { minLength: 1, maxLength: 6 },
);

/** Where each request ends. */
function endsOf(all: readonly string[]): readonly number[] {
  let at = 0;
  return all.map((one) => {
    at += one.length;
    return at;
  });
}

test("whatever comes, in whatever pieces, is answered as by Node alone, in the same order", async () => {
  const [ours, alone] = [await open(true), await open(false)];
  const exchange = async (
    port: number,
    pieces: readonly string[],
    waits: boolean,
    count: number,
    end: string,
  ) => {
    const { socket, received } = await dial(port);
    const ended = new Promise((resolve) => socket.once("close", resolve));
    for (const [at, piece] of pieces.entries()) {
      socket.write(piece, "latin1");
      if (waits) await until(() => answersIn(received()) > at);
      else await turn();
    }
    await until(() => answersIn(received()) >= count);
    if (end === "") socket.end();
    else socket.write(end);
    await ended;
    return settled(received());
  };
  await fc.assert(
    fc.asyncProperty(
      requests,
      last,
      fc.array(fc.integer({ min: 1, max: 200 }), { maxLength: 8 }),
      fc.boolean(),
      async (all, end, cuts, isOneByOne) => {
        const text = all.join("");
        const between = isOneByOne ? endsOf(all) : [...cuts, text.length].filter((at) => at <= text.length);
        const pieces = [...new Set(between)]
          .sort((a, b) => a - b)
          .map((at, index, list) => text.slice(list[index - 1] ?? 0, at));
        const asked = [pieces, isOneByOne, all.length, end] as const;
        const expected = await exchange(alone.port, ...asked);
        expect(await exchange(ours.port, ...asked)).toBe(expected);
      },
    ),
    { numRuns: 60, examples: [[[requestTo("/fast", "a"), requestTo("/fast", "b")], "", [], true]] },
  );
  expect(ours.taken.length).toBeGreaterThan(0);
});

/** A connection on which a request is under way in the lane. */
async function underWay(answerAfter: () => Promise<unknown>) {
  const opened = await open(true, answerAfter);
  const dialled = await dial(opened.port);
  dialled.socket.write(requestTo("/fast", "0"));
  await until(() => dialled.received() !== "");
  dialled.socket.write(requestTo("/fast", "1"));
  await until(() => opened.taken.length === 1);
  return { ...opened, ...dialled };
}

test("what comes before an answer is read after it", async () => {
  const { socket, received } = await underWay(() => wait(30));
  socket.write(requestTo("/slow", "2"));
  await until(() => received().includes("/slow"));
  const bodies = received().match(/POST \/\w+ \d/g);
  expect(bodies).toEqual(["POST /fast 0", "POST /fast 1", "POST /slow 2"]);
});

test("a server that closes answers what it took first, and ends the connection", async () => {
  const { server, socket, received } = await underWay(() => wait(50));
  const ended = once(socket, "close");
  server.close();
  await ended;
  expect(received()).toContain("POST /fast 1");
});

test("a connection is not idle while an answer is made, and ends when it is", async () => {
  const { server, port, taken } = await open(true, () => wait(250));
  Object.assign(server, { keepAliveTimeout: 80, keepAliveTimeoutBuffer: 0 });
  const { socket, received } = await dial(port);
  socket.write(requestTo("/fast", "0"));
  await until(() => received() !== "");
  socket.write(requestTo("/fast", "1"));
  await until(() => taken.length === 1);
  await once(socket, "close");
  expect(received()).toContain("POST /fast 1");
});

test("who goes away meanwhile gets no answer, and harms nobody", async () => {
  const { port, socket } = await underWay(() => wait(30));
  socket.resetAndDestroy();
  await wait(60);
  const other = await dial(port);
  other.socket.write(requestTo("/slow", "2"));
  await until(() => other.received() !== "");
  expect(other.received()).toContain("POST /slow 2");
});
