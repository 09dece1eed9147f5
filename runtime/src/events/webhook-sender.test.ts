import { createHmac } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, expect, test, vi } from "vitest";
import { openReceiver, type Receiver } from "../../testing/receiver.ts";
import { createAddressRules, ReceiverRefused } from "./address-rules.ts";
import { createNameResolver } from "./name-resolver.ts";
import { createWebhookSender, signWebhook } from "./webhook-sender.ts";

const open: Receiver[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const receiver of open.splice(0)) await receiver.close();
});

async function receiver(...given: Parameters<typeof openReceiver>): Promise<Receiver> {
  const made = await openReceiver(...given);
  open.push(made);
  return made;
}

const loopback = [{ address: "127.0.0.1", family: 4 }];
const limits = { timeoutMs: 2_000, responseLimitBytes: 100, release: "1.2.3", clock: Date.now };

function sender(
  allowed: string,
  lookup: () => Promise<typeof loopback> = async () => loopback,
  own = limits,
) {
  const rules = createAddressRules(allowed);
  return createWebhookSender({ ...own, rules, resolve: createNameResolver(rules, lookup) });
}

const options = { signal: new AbortController().signal, readBody: true };
const request = (url: string) => ({ url, deliveryId: "d", body: "{}", secret: null });

test("a signature is what the receiver computes for itself", () => {
  const expected = createHmac("sha256", "s").update('id.17.{"a":1}').digest("base64");
  expect(signWebhook("s", "id", "17", '{"a":1}')).toBe(`v1,${expected}`);
});

test("a name is resolved once, and the connection goes to the address that was checked", async () => {
  const target = await receiver();
  let lookups = 0;
  const rebinding = async () => {
    lookups += 1;
    return lookups === 1 ? loopback : [{ address: "169.254.169.254", family: 4 }];
  };
  const send = sender("127.0.0.0/8", rebinding);
  const answer = await send(request(`http://hooks.example:${target.port}/a?b=c`), options);
  expect(answer).toEqual({ status: 200, body: "ok" });
  expect(lookups).toBe(1);
  expect(target.received).toMatchObject([
    { path: "/a?b=c", headers: { host: `hooks.example:${target.port}` } },
  ]);
});

test("one private address among public ones is enough to refuse a name", async () => {
  const mixed = async () => [{ address: "8.8.8.8", family: 4 }, ...loopback];
  await expect(sender("", mixed)(request("http://hooks.example/"), options)).rejects.toThrow(ReceiverRefused);
});

test("a proxy of the environment is not used", async () => {
  const [proxy, target] = [await receiver(), await receiver()];
  for (const name of ["HTTP_PROXY", "http_proxy", "ALL_PROXY"]) vi.stubEnv(name, proxy.url);
  vi.stubEnv("NODE_USE_ENV_PROXY", "1");
  await sender("127.0.0.0/8")(request(target.url), options);
  expect([proxy.received.length, target.received.length]).toEqual([0, 1]);
});

test("of an endless answer only the beginning is read", async () => {
  const target = await receiver((_received, reply) => {
    const pour = setInterval(() => reply.write("x".repeat(1_000)), 1);
    reply.on("close", () => clearInterval(pour));
  });
  const answer = await sender("127.0.0.0/8")(request(target.url), options);
  expect(answer.body).toBe("x".repeat(100));
});

test("a receiver that is silent, and a name that is never resolved, end at the time limit", async () => {
  const target = await receiver(() => {});
  const own = { ...limits, timeoutMs: 100 };
  const never = () => wait(5_000, loopback, { ref: false });
  for (const [url, lookup] of [
    [target.url, undefined],
    ["http://hooks.example/", never],
  ] as const) {
    const started = Date.now();
    await expect(sender("127.0.0.0/8", lookup, own)(request(url), options)).rejects.toThrow(/timeout|abort/i);
    expect(Date.now() - started).toBeLessThan(1_500);
  }
});

test("two look-ups run at once, and a third one waits for its turn", async () => {
  const rules = createAddressRules("127.0.0.0/8");
  let running = 0;
  let most = 0;
  const resolve = createNameResolver(rules, async () => {
    running += 1;
    most = Math.max(most, running);
    await wait(10);
    running -= 1;
    return loopback;
  });
  await Promise.all(Array.from({ length: 6 }, (_, at) => resolve(new URL(`http://h${at}.example/`))));
  expect(most).toBe(2);
});
