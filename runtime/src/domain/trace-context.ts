/** A span of somebody else's, below which ours stand; ids in lower-case hex. */
export interface TraceContext {
  readonly traceId: string;
  readonly spanId: string;
  /** Whether the caller keeps this trace. */
  readonly isSampled: boolean;
}

const pattern = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const forbiddenVersion = "ff";
const firstVersion = "00";
const sampledFlag = 1;

/**
 * Reads a `traceparent` header; null for what is none, which is then no trace at all. Later versions may have more
 * behind the flags. Source: W3C Trace Context, level 1, 3.2.
 */
export function readTraceparent(header: string): TraceContext | null {
  const [, version = "", traceId = "", spanId = "", flags = "", rest] = pattern.exec(header) ?? [];
  if (traceId === "" || version === forbiddenVersion || (version === firstVersion && rest !== undefined))
    return null;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return null;
  return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & sampledFlag) !== 0 };
}
