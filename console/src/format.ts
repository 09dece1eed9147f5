const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "short" });
const absolute = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

/** How long ago, in the largest unit that fits: "3 min. ago". */
export function formatAgo(at: number, now: number): string {
  const past = at - now;
  const span = Math.abs(past);
  if (span < 10 * second) return "just now";
  if (span < minute) return relative.format(Math.round(past / second), "second");
  if (span < hour) return relative.format(Math.round(past / minute), "minute");
  if (span < day) return relative.format(Math.round(past / hour), "hour");
  return relative.format(Math.round(past / day), "day");
}

export const formatTime = (at: number) => absolute.format(at);

/** A span of time in its two largest units: "320 ms", "4.2 s", "3 min 5 s", "2 h 10 min". */
export function formatSpan(ms: number): string {
  if (ms < second) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 10 * second) return `${(ms / second).toFixed(1)} s`;
  const seconds = Math.round(ms / second);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return seconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`;
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A number in at most six significant digits, very large and very small ones as powers of ten. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value) || value === 0) return String(value);
  const size = Math.abs(value);
  if (size >= 1e9 || size < 1e-4) return value.toExponential(3);
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(6)));
}
