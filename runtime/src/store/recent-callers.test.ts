import { expect, test } from "vitest";
import { administratorIdentity } from "../domain/identity.ts";
import { RecentCallers } from "./recent-callers.ts";

function setUp() {
  const time = { now: 1_000 };
  return { time, callers: new RecentCallers({ recentLimit: 2, recentMs: 100 }, () => time.now) };
}

test("a caller is remembered for the given time and not longer", () => {
  const { time, callers } = setUp();
  callers.keep("Bearer a", administratorIdentity);
  time.now += 99;
  expect(callers.find("Bearer a")).toBe(administratorIdentity);
  expect(callers.find("Bearer b")).toBeNull();
  time.now += 1;
  expect(callers.find("Bearer a")).toBeNull();
});

test("nobody is remembered past the end of their token", () => {
  const { time, callers } = setUp();
  const origin = { tokenId: "1", expiresAt: 1_010 };
  callers.keep("Bearer a", { ...administratorIdentity, origin });
  time.now = 1_009;
  expect(callers.find("Bearer a")).not.toBeNull();
  time.now = 1_010;
  expect(callers.find("Bearer a")).toBeNull();
});

test("past the limit the one that was remembered first is forgotten", () => {
  const { callers } = setUp();
  for (const name of ["a", "b", "a", "c"]) callers.keep(`Bearer ${name}`, administratorIdentity);
  const found = ["a", "b", "c"].filter((name) => callers.find(`Bearer ${name}`) !== null);
  expect(found).toEqual(["a", "c"]);
});

test("everybody is forgotten after what takes access from somebody, even where it fails", async () => {
  const { callers } = setUp();
  callers.keep("Bearer a", administratorIdentity);
  expect(await callers.forgetAfter(async (id: string) => `${id} revoked`)("1")).toBe("1 revoked");
  expect(callers.find("Bearer a")).toBeNull();
  callers.keep("Bearer a", administratorIdentity);
  await expect(callers.forgetAfter(() => Promise.reject(new Error("no")))()).rejects.toThrow("no");
  expect(callers.find("Bearer a")).toBeNull();
});
