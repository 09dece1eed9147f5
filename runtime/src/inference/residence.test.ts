import { describe, expect, test } from "vitest";
import { Residence, type Resident } from "./residence.ts";

function resident(name: string, out: string[], more: Partial<Resident> = {}): Resident {
  return { isPinned: false, isIdle: true, putOut: async () => void out.push(name), ...more };
}
const load = (memoryBytes: number) => async () => ({ memoryBytes });

describe("residence", () => {
  test("puts out what was not used for longest, never what is pinned or in use", async () => {
    const out: string[] = [];
    const residence = new Residence(100);
    const [a, b, pinned, busy] = [
      resident("a", out),
      resident("b", out),
      resident("pinned", out, { isPinned: true }),
      resident("busy", out, { isIdle: false }),
    ];
    for (const one of [pinned, busy, a, b]) await residence.letIn(one, 25, load(25));
    residence.touch(a);
    await residence.letIn(resident("c", out), 25, load(25));
    expect(out).toEqual(["b"]);
    await residence.letIn(resident("d", out, { isIdle: false }), 50, load(50));
    expect(out).toEqual(["b", "a", "c"]);
    await expect(residence.letIn(resident("e", out), 1, load(1))).rejects.toMatchObject({
      code: "UNAVAILABLE",
    });
    expect(residence.usedBytes).toBe(100);
  });

  test("refuses what would not fit alone, and forgets what could not be loaded", async () => {
    const residence = new Residence(100);
    const one = resident("one", []);
    await expect(residence.letIn(one, 101, load(1))).rejects.toMatchObject({ code: "MODEL_TOO_LARGE" });
    await expect(residence.letIn(one, 50, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(residence.usedBytes).toBe(0);
  });

  test("counts what is being loaded, so that two at once do not pass the limit", async () => {
    const residence = new Residence(100);
    const gate = Promise.withResolvers<void>();
    const first = residence.letIn(resident("a", []), 60, async () => {
      await gate.promise;
      return { memoryBytes: 60 };
    });
    await expect(residence.letIn(resident("b", []), 60, load(60))).rejects.toMatchObject({
      code: "UNAVAILABLE",
    });
    gate.resolve();
    await first;
    expect(residence.usedBytes).toBe(60);
  });
});
