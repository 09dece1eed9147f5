import fc from "fast-check";
import { expect, test } from "vitest";
import { readTraceparent } from "./trace-context.ts";

const hex = (digits: number) => fc.stringMatching(new RegExp(`^[0-9a-f]{${digits}}$`));
const id = (digits: number) => hex(digits).filter((text) => !/^0+$/.test(text));

test("a traceparent of any version gives its ids, and its last bit says whether the trace is kept", () => {
  fc.assert(
    fc.property(
      id(32),
      id(16),
      hex(2),
      fc.constantFrom("00", "01", "fe"),
      (traceId, spanId, flags, version) => {
        const isSampled = Number.parseInt(flags, 16) % 2 === 1;
        expect(readTraceparent(`${version}-${traceId}-${spanId}-${flags}`)).toEqual({
          traceId,
          spanId,
          isSampled,
        });
        const longer = readTraceparent(`${version}-${traceId}-${spanId}-${flags}-more`);
        expect(longer === null).toBe(version === "00");
      },
    ),
  );
});

test("what is no traceparent is none, whatever it is", () => {
  fc.assert(fc.property(fc.string(), (text) => void expect(readTraceparent(text)).toBeNull()));
  const [trace, span] = ["4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"];
  for (const text of [
    `ff-${trace}-${span}-01`,
    `00-${"0".repeat(32)}-${span}-01`,
    `00-${trace}-${"0".repeat(16)}-01`,
    `00-${trace.toUpperCase()}-${span}-01`,
    `00-${trace}-${span}-1`,
    `00-${trace}-${span}-01\n`,
    ` 00-${trace}-${span}-01`,
  ]) {
    expect(readTraceparent(text), text).toBeNull();
  }
});
