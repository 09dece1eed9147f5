import { expect, test } from "vitest";
import { notePassed } from "./buffer-garbage.ts";

const pieceBytes = 64 * 1024;
const pieces = 4_000;
const mebibyte = 1024 * 1024;

/** The most memory that buffers took while 250 MiB of them passed, in MiB. */
function mostHeld(note: (bytes: number) => void): number {
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  for (let at = 0; at < pieces; at += 1) {
    note(Buffer.alloc(pieceBytes).length);
    most = Math.max(most, process.memoryUsage().arrayBuffers - before);
  }
  return most / mebibyte;
}

test("buffers that only pass through do not pile up", () => {
  expect(mostHeld(notePassed)).toBeLessThan(10);
  // What it is for: by itself the engine lets them wait.
  expect(mostHeld(() => {})).toBeGreaterThan(10);
});
