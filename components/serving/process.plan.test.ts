import { parseSettings } from "@bedplate/contract";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { planEnvironment, planRuntime, type RuntimeSettings } from "./process.plan.ts";

const settings = (host: string, port: number, drainTimeoutMs?: number): RuntimeSettings => ({
  stack: "local",
  owner: "me",
  environment: "test",
  release: "1.2.3",
  listen: { host, port },
  adminTokenFile: "/data/token",
  ...(drainTimeoutMs !== undefined && { http: { drainTimeoutMs } }),
});
const connections = {
  objectStore: { kind: "file", path: "/o" },
  sql: { kind: "pglite", path: "/s" },
  keyValue: { kind: "sql" },
  eventBus: { kind: "outbox" },
  training: { kind: "process", path: "/t", programRoot: "/r" },
} as const;
const port = fc.integer({ min: 1, max: 65_535 });
const host = fc.oneof(fc.ipV4(), fc.ipV6());

describe("the plan of the runtime", () => {
  test("its URL leads to its listener, IPv6 included", () => {
    fc.assert(
      fc.property(host, port, (at, number) => {
        const { url, listeners } = planRuntime("node", "main.ts", settings(at, number));
        expect(listeners).toEqual([{ host: at, port: number, tls: false }]);
        const read = new URL(url);
        expect(Number(read.port || 80)).toBe(number);
        expect(read.hostname.startsWith("[")).toBe(at.includes(":"));
      }),
    );
  });

  test("gRPC has a listener and an address of its own where it is wanted, and none where not", () => {
    fc.assert(
      fc.property(host, port, (at, number) => {
        const plan = planRuntime("node", "main.ts", { ...settings(at, 1), grpc: { port: number } });
        expect(plan.listeners[1]).toEqual({ host: at, port: number, tls: false });
        const read = new URL(`http://${plan.grpcAddress}`);
        expect(Number(read.port || 80)).toBe(number);
        expect(planRuntime("node", "main.ts", settings(at, number)).grpcAddress).toBeNull();
      }),
    );
  });

  test("it gets longer to stop than requests get to drain", () => {
    fc.assert(
      fc.property(fc.option(fc.integer({ min: 1, max: 3_600_000 }), { nil: undefined }), (drain) => {
        const given = settings("::1", 1, drain);
        const { stopTimeoutMs } = planRuntime("node", "main.ts", given);
        expect(stopTimeoutMs).toBeGreaterThan(drain ?? 10_000);
        const later = { ...given, http: { ...given.http, drainDelayMs: 5_000 } };
        expect(planRuntime("node", "main.ts", later).stopTimeoutMs).toBe(stopTimeoutMs + 5_000);
      }),
    );
  });

  test("the runtime reads its environment as the settings that were planned", () => {
    fc.assert(
      fc.property(host, port, (at, number) => {
        const read = parseSettings(planEnvironment(settings(at, number), connections));
        expect(read).toMatchObject({ ...settings(at, number), connections });
      }),
    );
  });

  test("Node is told where compiled modules are kept, which is none of the runtime's settings", () => {
    const environment = planEnvironment(settings("::1", 80), connections, "/data/run/compiled");
    expect(environment.NODE_COMPILE_CACHE).toBe("/data/run/compiled");
    expect(parseSettings(environment)).toEqual(
      parseSettings(planEnvironment(settings("::1", 80), connections)),
    );
  });

  test("settings that the runtime would refuse are refused here", () => {
    expect(() => planEnvironment(settings("::1", 70_000), connections)).toThrow("65535");
  });
});
