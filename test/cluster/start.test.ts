import { startCluster } from "@bedplate/tools/cluster";
import { expect, test } from "vitest";

test("clusters that start at the same moment have ports of their own", async () => {
  const started = await Promise.allSettled([startCluster(), startCluster()]);
  const clusters = started.flatMap((each) => (each.status === "fulfilled" ? each.value : []));
  try {
    expect(started.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled"]);
    expect(new Set(clusters.map(({ server }) => server)).size).toBe(2);
    console.info(
      `two clusters at once, ready after ${clusters.map(({ readyMs }) => readyMs).join(" and ")} ms`,
    );
  } finally {
    await Promise.all(clusters.map(({ stop }) => stop()));
  }
});
