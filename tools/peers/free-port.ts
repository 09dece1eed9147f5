import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

/** Below what a system gives to outgoing connections, which could take a port between the look and its use. */
const [lowest, beyond] = [10_000, 32_000];

async function isFree(port: number): Promise<boolean> {
  const probe = createServer();
  try {
    await once(probe.listen(port, "127.0.0.1"), "listening");
  } catch {
    return false;
  }
  probe.close();
  await once(probe, "close");
  return true;
}

/** So many loopback ports on which nobody listens; by chance, so that two who look at once find different ones. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const found = new Set<number>();
  while (found.size < count) {
    const port = randomInt(lowest, beyond);
    if (!found.has(port) && (await isFree(port))) found.add(port);
  }
  return [...found];
}

/** A loopback port on which nobody listens, for a server that may take its time to start. */
export async function freePort(): Promise<number> {
  const [port = 0] = await freePorts(1);
  return port;
}
