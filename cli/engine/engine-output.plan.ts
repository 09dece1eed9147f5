import { stripVTControlCharacters } from "node:util";

/** A frame of a JavaScript stack trace, as V8 prints it. */
const stackFrame = /^\s*at (?:.+ \()?(?:file:|node:|\/|[A-Za-z]:\\|<anonymous>|native\b).*\)?$/;
const noise =
  /^(?:Loading policy packs\.\.\.: (?:starting|done)|@ (?:previewing|updating|destroying|refreshing).*)$/i;

/** Whether a line that the engine prints is for people: neither a stack frame nor a sign of mere activity. */
export function isForPeople(line: string): boolean {
  const plain = stripVTControlCharacters(line).trimEnd();
  return !stackFrame.test(plain) && !noise.test(plain.trim());
}

/** What an update changed: how many resources, by the engine's own word (`create`, `update`, `delete`, `same`, ...). */
export type Changes = Readonly<Record<string, number>>;

/** The changes in an event log of the engine (a JSON object a line); undefined when the update did not end well. */
export function readChanges(eventLog: string): Changes | undefined {
  const events = eventLog.split("\n").filter((line) => line.includes('"summaryEvent"'));
  const summaries = events.map((line): unknown => JSON.parse(line).summaryEvent);
  for (const summary of summaries) {
    if (typeof summary !== "object" || summary === null) continue;
    if (!("isPreview" in summary) || summary.isPreview !== false || !("resourceChanges" in summary)) continue;
    return Object.fromEntries(
      Object.entries(summary.resourceChanges ?? {}).map(([word, n]) => [word, Number(n)]),
    );
  }
  return undefined;
}

/** How many resources an update made, changed or removed. */
export function countChanged(changes: Changes): number {
  return Object.entries(changes).reduce((sum, [word, count]) => (word === "same" ? sum : sum + count), 0);
}
