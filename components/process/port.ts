import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** An address that a process listens on. */
export interface Listener {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
}

/** Whether something listens there already. Any other reason that it cannot be bound is left for the process to report. */
export function isTaken(listener: Pick<Listener, "host" | "port">): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code === "EADDRINUSE"));
    server.listen({ host: listener.host, port: listener.port, exclusive: true }, () =>
      server.close(() => resolve(false)),
    );
  });
}

/** Waits until nothing listens there; false when something still does after `timeoutMs`. */
export async function isFreed(
  listener: Pick<Listener, "host" | "port">,
  timeoutMs: number,
): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  while (await isTaken(listener)) {
    if (Date.now() >= deadline) return false;
    await sleep(50);
  }
  return true;
}
