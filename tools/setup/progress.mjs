import { stderr } from "node:process";

const showAfterMs = 2_000;
const lineEveryMs = 15_000;

/** @param {number} ms */
export function elapsed(ms) {
  const seconds = ms / 1_000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  return seconds < 60
    ? `${Math.round(seconds)} s`
    : `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

/**
 * Shows that something goes on: on a terminal one line that counts up, elsewhere a plain line at the start of what takes
 * more than 2 s and then every 15 s. Says nothing about what is over sooner.
 * @template T
 * @param {string} text
 * @param {(tell: (text: string) => void) => Promise<T>} work `tell` changes the text.
 * @returns {Promise<T>}
 */
export async function withProgress(text, work) {
  const started = Date.now();
  let current = text;
  let shown = -Infinity;
  const timer = setInterval(() => {
    const now = Date.now();
    if (now - started < showAfterMs) return;
    if (stderr.isTTY) stderr.write(`\r\x1b[K… ${current} (${elapsed(now - started)})`);
    else if (now - shown >= lineEveryMs) {
      stderr.write(`… ${current} (${elapsed(now - started)})\n`);
      shown = now;
    }
  }, 250);
  try {
    return await work((next) => {
      current = next;
    });
  } finally {
    clearInterval(timer);
    if (stderr.isTTY && Date.now() - started >= showAfterMs) stderr.write("\r\x1b[K");
  }
}

/** @param {string} text */
export function say(text) {
  stderr.write(`${text}\n`);
}
