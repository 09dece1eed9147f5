import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Problem } from "../domain/problem.ts";
import { Admission, type Ticket } from "./admission.ts";

const settings = {
  waitLimitMs: 1_000,
  queueLimit: 3,
  queueRowsLimit: 10,
  queueBytesLimit: 100,
  totalRowsLimit: 15,
  totalBytesLimit: 150,
};

const nodeOptions = ["--disable-warning=ExperimentalWarning", "--expose-gc"];
/** In a process of its own, whose memory holds nothing else: prints by how much what outlives young collections grew. */
const oneByOne = `
  import { getHeapSpaceStatistics } from "node:v8";
  import { Admission } from ${JSON.stringify(new URL("./admission.ts", import.meta.url).href)};
  const admission = new Admission(${JSON.stringify({ ...settings, queueLimit: 1 })});
  const lasting = () => getHeapSpaceStatistics().find(({ space_name }) => space_name === "old_space").space_used_size;
  const times = (count) => { for (let at = 0; at < count; at++) admission.enter("m", 1).release(); };
  times(100_000);
  // What was there at two collections is old, and what comes after may hang on it.
  const first = admission.enter("m", 1);
  for (let at = 0; at < 3; at++) gc({ type: "minor" });
  first.release();
  const before = lasting();
  times(500_000);
  console.log(lasting() - before);
`;

function refusalOf(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error("it was let in");
}

describe("admission", () => {
  test("turns away what is over a model's requests, rows or bytes, or over those of all", () => {
    const admission = new Admission(settings);
    const [a, b] = [admission.enter("m", 60), admission.enter("m", 10)];
    expect(() => admission.enter("m", 40)).toThrow("serving.queueBytesLimit");
    expect(() => admission.enter("n", 90)).toThrow("serving.totalBytesLimit");
    a.holdRows(9);
    expect(() => b.holdRows(2)).toThrow("serving.queueRowsLimit");
    const other = admission.enter("n", 1);
    expect(() => other.holdRows(7)).toThrow("serving.totalRowsLimit");
    admission.enter("m", 0);
    expect(() => admission.enter("m", 0)).toThrow(Problem);
  });

  test("looks for no stack where it turns somebody away, and leaves that to others", () => {
    const admission = new Admission(settings);
    for (let at = 0; at < settings.queueLimit; at++) admission.enter("m", 0);
    expect(refusalOf(() => admission.enter("m", 0))).not.toMatchObject({
      stack: expect.stringContaining("\n    at "),
    });
    expect(new Error("another").stack).toContain("\n    at ");
  });

  test("lets a request in that is alone, however large it is", () => {
    const ticket = new Admission(settings).enter("m", 1_000);
    ticket.holdRows(1_000);
  });

  test("turns away what would wait longer than the limit, with the time that what waits will take", () => {
    const admission = new Admission(settings);
    const pace = { msPerRow: 150, roomRows: 2 };
    const [first, second] = [admission.enter("m", 0, { pace }), admission.enter("m", 0, { pace })];
    first.holdRows(6);
    // Six rows and a request that is not read yet.
    expect(() => admission.enter("m", 0, { pace })).toThrow("work for 1050 ms waiting, more than 1000 ms");
    expect(refusalOf(() => admission.enter("m", 0, { pace }))).toMatchObject({ retryAfterMs: 1_050 });
    second.release();
    admission.enter("m", 0, { pace }).release();
    first.release();
    admission.enter("m", 0, { pace });
    expect(refusalOf(() => admission.enter("m", 1_000, { pace }))).toMatchObject({ retryAfterMs: 0 });
  });

  test("turns a request away at once whose own time is shorter than the wait, told by its head or by its body", () => {
    const admission = new Admission(settings);
    const pace = { msPerRow: 100, roomRows: 1 };
    const first = admission.enter("m", 0, { pace });
    const other = admission.enter("m", 0, { pace, timeoutMs: 100 });
    first.holdRows(4);
    expect(() => admission.enter("m", 0, { pace, timeoutMs: 499 })).toThrow("the request's own 499 ms");
    expect(() => other.holdRows(1, 399)).toThrow("the request's own 399 ms");
    other.holdRows(1, 400);
  });

  test("whoever is let in has work before it for no longer than the limit, or room beside what is under way", () => {
    const requests = fc.array(fc.record({ rows: fc.nat(8), isDone: fc.boolean() }), { maxLength: 40 });
    const paces = fc.record({
      msPerRow: fc.integer({ min: 0, max: 500 }),
      roomRows: fc.integer({ min: 1, max: 8 }),
    });
    fc.assert(
      fc.property(requests, paces, (all, pace) => {
        const admission = new Admission({
          ...settings,
          queueLimit: 100,
          queueRowsLimit: 1_000,
          totalRowsLimit: 1_000,
        });
        const under = new Map<Ticket, number>();
        for (const { rows, isDone } of all) {
          const ahead = [...under.values()].reduce((sum, one) => sum + one, 0);
          const isSoon = ahead < pace.roomRows || ahead * pace.msPerRow <= settings.waitLimitMs;
          const enter = () => admission.enter("m", 0, { pace });
          if (!isSoon) {
            expect(refusalOf(enter)).toMatchObject({
              code: "TOO_MANY_REQUESTS",
              retryAfterMs: ahead * pace.msPerRow,
            });
            const [first] = under.keys();
            first?.release();
            if (first !== undefined) under.delete(first);
            continue;
          }
          const ticket = enter();
          ticket.holdRows(rows);
          if (isDone) ticket.release();
          else under.set(ticket, rows);
        }
      }),
    );
  });

  test("leaves nothing that lasts where one request comes after the other", () => {
    const lasting = execFileSync(process.execPath, [...nodeOptions, "--input-type=module", "-e", oneByOne]);
    // A table of a map for each would be some 20 MB, which only a collection of everything takes away.
    expect(Number(lasting)).toBeLessThan(3e6);
  });

  test("forgets models that ask for nothing any more, and none that does", () => {
    const admission = new Admission({ ...settings, totalRowsLimit: 10_000 });
    admission.enter("kept", 0);
    for (let at = 0; at < 3_000; at++) admission.enter(`m${at}`, 0).release();
    expect(admission.count("kept")).toBe(1);
    expect(admission.total).toBe(1);
  });

  test("forgets everything when every place is given back, in whatever order", () => {
    const steps = fc.array(
      fc.record({ model: fc.constantFrom("m", "n"), bytes: fc.nat(80), rows: fc.nat(8), keep: fc.boolean() }),
    );
    fc.assert(
      fc.property(steps, (all) => {
        const admission = new Admission(settings);
        const kept: Ticket[] = [];
        for (const { model, bytes, rows, keep } of all) {
          try {
            const ticket = admission.enter(model, bytes);
            kept.push(ticket);
            ticket.holdRows(rows);
            if (!keep) ticket.release();
          } catch (error) {
            expect(error).toMatchObject({ code: "TOO_MANY_REQUESTS" });
          }
          expect(admission.count(model)).toBeLessThanOrEqual(settings.queueLimit);
        }
        for (const ticket of kept) ticket.release();
        expect(admission.count("m") + admission.count("n")).toBe(0);
        const [a, b] = [admission.enter("m", 100), admission.enter("n", 50)];
        a.holdRows(10);
        b.holdRows(5);
      }),
    );
  });
});
