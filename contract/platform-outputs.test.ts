import { expect, test } from "vitest";
import { platformOutputs } from "./platform-outputs.ts";

/** What version 1 wrote. Never edited: a reader of today must understand what was written then. */
const version1 = {
  version: 1,
  stack: "local",
  release: "0.1.0",
  url: "http://127.0.0.1:4680",
  tokenFile: "/data/secrets/admin-token",
  dataDir: "/data",
  pid: 4711,
};

test("outputs of version 1 are understood, also those from before there was gRPC", () => {
  expect(platformOutputs.parse(version1)).toEqual({ ...version1, grpcAddress: null });
  const address = { grpcAddress: "127.0.0.1:4681" };
  expect(platformOutputs.parse({ ...version1, ...address })).toEqual({ ...version1, ...address });
});

test("outputs of another version are refused", () => {
  expect(platformOutputs.safeParse({ ...version1, version: 2 }).success).toBe(false);
});
