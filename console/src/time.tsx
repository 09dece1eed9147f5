import { useInterval } from "@mantine/hooks";
import { useState } from "react";
import { formatAgo, formatSpan, formatTime } from "./format.ts";

const tickMs = 1_000;

/** A clock that a page reads while it is shown; it stands still when `running` is false. */
function useNow(running: boolean): number {
  const [now, setNow] = useState(Date.now);
  useInterval(() => setNow(Date.now()), running ? tickMs : 60 * tickMs, { autoInvoke: true });
  return now;
}

/** How long ago; the exact time is its tooltip. */
export function Ago({ at }: { readonly at: number | null }) {
  const now = useNow(false);
  if (at === null) return <>–</>;
  return (
    <time dateTime={new Date(at).toISOString()} title={formatTime(at)} className="nowrap">
      {formatAgo(at, Math.max(now, at))}
    </time>
  );
}

/** How long something took, or takes so far. */
export function Span({ from, to }: { readonly from: number | null; readonly to: number | null }) {
  const now = useNow(to === null && from !== null);
  if (from === null) return <>–</>;
  return <span className="nowrap numbers">{formatSpan((to ?? Math.max(now, from)) - from)}</span>;
}
