import { type Cluster, installCrds, startCluster } from "@bedplate/tools/cluster";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compareTwins, forgetEphemeralContainers, installTwins } from "../support/admission-twin.ts";

const setUpWithinMs = 600_000;
const judgedWithinMs = 600_000;
let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
  const { skipped } = await installCrds(cluster, ["gateway-api"]);
  expect(skipped).toEqual([]);
}, setUpWithinMs);
afterAll(() => cluster?.stop());

describe("the API server", () => {
  test(
    "gives the preview's verdict, rule by rule, on every case of the corpus",
    async () => {
      await installTwins(cluster);
      const { wrong, silent, ...counts } = await compareTwins(cluster);
      console.info(counts);
      expect(wrong.slice(0, 10)).toEqual([]);
      // What this rule refuses, the API server's own validation refuses before any policy is asked.
      expect(silent).toEqual(["pss-baseline-proc-mount"]);
      expect(counts.judged).toBeGreaterThan(2_000);
    },
    judgedWithinMs,
  );

  test(
    "is caught when it forgets ephemeral containers",
    async () => {
      await installTwins(cluster, forgetEphemeralContainers);
      await expect
        .poll(async () => (await compareTwins(cluster, ({ isEphemeral }) => isEphemeral)).wrong.length, {
          timeout: 120_000,
        })
        .toBeGreaterThan(10);
    },
    judgedWithinMs,
  );
});
