/** Who collects when nobody asks for it. */
const scheduler = "schedule";
/** Of the interval: services that are restarted often collect too. */
const firstShare = 0.1;

/** Collects again and again; a collection that breaks off is reported, and the next one comes in its turn. */
export function startCollection(
  collector: { readonly collect: (by: string) => Promise<unknown> },
  intervalMs: number,
  report: (error: unknown) => void,
): { close: () => Promise<void> } {
  let running: Promise<unknown> = Promise.resolve();
  let timer: NodeJS.Timeout;
  let closed = false;
  const schedule = (delayMs: number) => {
    timer = setTimeout(() => {
      running = collector.collect(scheduler).catch(report);
      running.finally(() => {
        if (!closed) schedule(intervalMs);
      });
    }, delayMs);
    timer.unref();
  };
  schedule(intervalMs * firstShare);
  return {
    async close() {
      closed = true;
      clearTimeout(timer);
      await running;
    },
  };
}
