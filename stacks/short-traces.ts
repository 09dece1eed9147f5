/**
 * Makes resources while stack traces are one line long. The SDK takes a trace for each of the four promises of every
 * property of every resource, ten thousand for a large platform, and shows it only where its option
 * PULUMI_DEBUG_PROMISE_LEAKS is set: a fifth of the program's time. Where a resource was made, the SDK notes apart from
 * that, in full. Afterwards traces are as long as before.
 */
export function withShortTraces<T>(make: () => T): T {
  const { stackTraceLimit } = Error;
  if (process.env.PULUMI_DEBUG_PROMISE_LEAKS === undefined) Error.stackTraceLimit = 1;
  try {
    return make();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}
