import { collector } from "./collector.ts";

/** Bytes of buffers after which the young generation is collected: far fewer than V8 lets pile up by itself. */
const sweepBytes = 4 * 1024 * 1024;

let passed = 0;

/**
 * Counts buffers that only pass through, and collects them young. They are garbage at once, but V8 counts their bytes
 * as memory outside its heap and answers some 20 MB of them by marking the whole heap, which costs more than all else
 * that a large artifact needs. A collection of the young generation takes a fraction of a millisecond and frees them.
 */
export function notePassed(bytes: number): void {
  passed += bytes;
  if (passed < sweepBytes) return;
  passed = 0;
  collector()({ type: "minor" });
}
