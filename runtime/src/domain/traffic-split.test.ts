import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { RoutedRequest } from "./traffic-assignment.ts";
import { assign } from "./traffic-assignment.ts";
import { pointOf, shareOf, versionAt, wholeTraffic } from "./traffic-split.ts";

const percents = fc.integer({ min: 0, max: 10_000 }).map((hundredths) => hundredths / 100);
const keys = Array.from({ length: 5_000 }, (_, at) => `caller-${at}`);
const plan = (percent: number) => ({
  match: null,
  shares: [{ version: 2, share: shareOf(percent) }],
  sticky: { by: "id" } as const,
});
const request = (id: string, more: Partial<RoutedRequest> = {}): RoutedRequest => ({
  requestId: `r-${id}`,
  header: () => undefined,
  id,
  ...more,
});

describe("the split of a model's requests", () => {
  test("each version gets its share of many keys, within five standard deviations, whatever the salt", () => {
    fc.assert(
      fc.property(fc.uuid(), percents, (salt, percent) => {
        const share = percent / 100;
        const hits = keys.filter((id) => assign(plan(percent), salt, request(id)) === 2).length;
        const deviation = Math.sqrt(keys.length * share * (1 - share));
        expect(Math.abs(hits - keys.length * share)).toBeLessThanOrEqual(5 * deviation + 1);
      }),
      { numRuns: 10 },
    );
  });

  test("0 percent is nobody and 100 percent is everybody", () => {
    expect(keys.every((id) => assign(plan(0), "s", request(id)) === null)).toBe(true);
    expect(keys.every((id) => assign(plan(100), "s", request(id)) === 2)).toBe(true);
  });

  test("the same key always gets the same version, and a larger share moves only those that it needs", () => {
    fc.assert(
      fc.property(fc.uuid(), percents, percents, fc.string(), (salt, a, b, id) => {
        const [less, more] = [Math.min(a, b), Math.max(a, b)];
        const before = assign(plan(less), salt, request(id));
        expect(assign(plan(less), salt, request(id))).toBe(before);
        // Who had the candidate keeps it; who has it now and had not is within what was added.
        const after = assign(plan(more), salt, request(id));
        if (before === 2) expect(after).toBe(2);
        const point = pointOf(salt, id);
        expect(after !== before).toBe(point >= shareOf(less) && point < shareOf(more));
      }),
    );
  });

  test("the parts of several versions lie side by side: their weights sum up, and none overlap", () => {
    const shares = fc
      .array(fc.integer({ min: 0, max: 2_500 }), { minLength: 1, maxLength: 4 })
      .map((list) => list.map((share, at) => ({ version: at + 2, share })));
    fc.assert(
      fc.property(shares, (list) => {
        const counts = new Map<number | null, number>();
        for (let point = 0; point < wholeTraffic; point++) {
          const version = versionAt(list, point);
          counts.set(version, (counts.get(version) ?? 0) + 1);
        }
        for (const { version, share } of list) expect(counts.get(version) ?? 0).toBe(share);
        const sum = list.reduce((all, { share }) => all + share, 0);
        expect(counts.get(null) ?? 0).toBe(wholeTraffic - sum);
      }),
      { numRuns: 10 },
    );
  });
});

describe("what a caller is known by", () => {
  const by = (sticky: Parameters<typeof assign>[0]["sticky"], more: Partial<RoutedRequest>) =>
    Array.from({ length: 50 }, (_, at) =>
      assign({ ...plan(50), sticky }, "s", { ...request("same", more), requestId: `r${at}` }),
    );
  const alike = (versions: readonly (number | null)[]) => new Set(versions).size === 1;

  test("a header, a parameter or the request's id keeps it with one version; without it each request is drawn by itself", () => {
    const header = { header: (name: string) => (name === "x-user" ? "ann" : undefined) };
    expect(alike(by({ by: "header", name: "x-user" }, header))).toBe(true);
    expect(alike(by({ by: "parameter", name: "user" }, { parameters: { user: 7 } }))).toBe(true);
    expect(alike(by({ by: "id" }, {}))).toBe(true);
    expect(alike(by({ by: "request" }, header))).toBe(false);
    expect(alike(by({ by: "header", name: "x-other" }, header))).toBe(false);
    expect(alike(by({ by: "parameter", name: "user" }, { parameters: { user: { a: 1 } } }))).toBe(false);
    expect(alike(by({ by: "parameter", name: "constructor" }, { parameters: {} }))).toBe(false);
  });

  test("a header that is asked for goes to the candidate whatever the share", () => {
    const match = { header: "x-canary", value: "always", version: 2 };
    const asked = { header: (name: string) => (name === "x-canary" ? "always" : undefined) };
    expect(assign({ ...plan(0), match }, "s", request("a", asked))).toBe(2);
    expect(assign({ ...plan(0), match }, "s", request("a"))).toBe(null);
  });
});
