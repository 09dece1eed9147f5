import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Problem } from "../domain/problem.ts";
import { Admission, type Ticket } from "./admission.ts";

const settings = {
  queueLimit: 3,
  queueRowsLimit: 10,
  queueBytesLimit: 100,
  totalRowsLimit: 15,
  totalBytesLimit: 150,
};

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

  test("lets a request in that is alone, however large it is", () => {
    const ticket = new Admission(settings).enter("m", 1_000);
    ticket.holdRows(1_000);
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
