import { getPriority, setPriority } from "node:os";
import { setTimeout as wait } from "node:timers/promises";
import { createSender } from "./served-load.ts";

const probeIntervalMs = 10;
/** Of the client, which stands for machines elsewhere: it must not wait for the processor that it keeps busy. */
const clientNiceness = -10;

/** Measures while this process goes before all others; told whether it does, for not every user may. */
export async function goFirst<Result>(measure: (isFirst: boolean) => Promise<Result>): Promise<Result> {
  const usual = getPriority();
  try {
    return await measure(prefer(clientNiceness));
  } finally {
    prefer(usual);
  }
}

function prefer(niceness: number): boolean {
  try {
    setPriority(niceness);
    return true;
  } catch {
    return false;
  }
}

/** Milliseconds of each of the probes that are sent one after the other, 10 ms apart, on a connection of their own. */
export async function probe(
  { url }: { readonly url: string },
  durationMs: number,
): Promise<readonly number[]> {
  const latencies: number[] = [];
  const sender = createSender();
  const end = performance.now() + durationMs;
  try {
    while (performance.now() < end) {
      const { status, ms } = await sender.send({ url: `${url}/livez`, method: "GET", token: "", body: "" });
      if (status !== 200) throw new Error(`no result: a probe was answered with ${status}`);
      latencies.push(ms);
      await wait(probeIntervalMs);
    }
    return latencies;
  } finally {
    sender.close();
  }
}
