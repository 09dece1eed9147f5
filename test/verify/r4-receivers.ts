import { setTimeout as wait } from "node:timers/promises";
import { openReceiver, type Receiver } from "../../runtime/testing/receiver.ts";
import type { Closers } from "./closers.ts";

/** One event that a receiver accepted. */
export interface Accepted {
  readonly deliveryId: string;
  readonly event: string;
  readonly subject: string;
  readonly key: string;
}

export interface TestReceiver {
  readonly name: string;
  readonly url: string;
  readonly accepted: Accepted[];
  /** From now on every request is accepted. */
  readonly behave: () => void;
}

type Verdict = "accept" | "refuse" | "hang" | "reset";
type Judge = () => Verdict;

function judges(random: () => number): Readonly<Record<string, Judge>> {
  const sometimes = (share: number, other: Verdict): Judge => {
    return () => (random() < share ? other : "accept");
  };
  return {
    good: () => "accept",
    failing: sometimes(0.3, "refuse"),
    hanging: sometimes(0.1, "hang"),
    resetting: sometimes(0.2, "reset"),
    restarting: () => "accept",
  };
}

/** Receivers that work, answer 500, hang, break off, and go away and come back. */
export async function openReceivers(
  random: () => number,
  closers: Closers,
): Promise<readonly TestReceiver[]> {
  const receivers: TestReceiver[] = [];
  for (const [name, judge] of Object.entries(judges(random))) {
    receivers.push(await open(name, judge, random, closers));
  }
  return receivers;
}

async function open(
  name: string,
  judge: Judge,
  random: () => number,
  closers: Closers,
): Promise<TestReceiver> {
  const accepted: Accepted[] = [];
  const life = { behaves: false, closed: false };
  const listen = (port: number): Promise<Receiver> =>
    openReceiver(({ headers, text }, reply) => {
      const verdict = life.behaves ? "accept" : judge();
      if (verdict === "hang") return;
      if (verdict === "reset") return void reply.socket?.destroy();
      if (verdict === "accept") accepted.push(read(String(headers["x-mlflow-delivery-id"]), text));
      reply.statusCode = verdict === "accept" ? 200 : 500;
      reply.end();
    }, port);
  let receiver = await listen(0);
  const { url, port } = receiver;
  const restarts = async () => {
    while (name === "restarting" && !life.behaves && !life.closed) {
      await wait(300 + random() * 700);
      await receiver.close();
      await wait(100 + random() * 400);
      receiver = await listen(port);
    }
  };
  let broken: unknown = null;
  const restarting = restarts().catch((reason: unknown) => {
    broken = reason;
  });
  closers.add(async () => {
    life.closed = true;
    await restarting;
    await receiver.close();
    if (broken !== null) throw broken;
  });
  return {
    name,
    url,
    accepted,
    behave: () => {
      life.behaves = true;
    },
  };
}

function read(deliveryId: string, text: string): Accepted {
  const { entity, action, data } = JSON.parse(text) as {
    entity: string;
    action: string;
    data: { name: string; key?: string };
  };
  return { deliveryId, event: `${entity}.${action}`, subject: data.name, key: data.key ?? "" };
}
