import { describe, expect, test } from "vitest";
import { verifyUpgrade } from "../verify/upgrade.ts";

/** A run starts a cluster and previews two platforms. */
describe("the harness for upgrades", { timeout: 600_000 }, () => {
  const options = { seed: 1, full: false, database: "pglite" } as const;

  test("finds that today's program ends nothing that an earlier release's data is in", async () => {
    const { pass, problems, details } = await verifyUpgrade({ ...options, fault: false });
    console.info(JSON.stringify(details));
    expect(problems).toEqual([]);
    expect(pass).toBe(true);
    expect(details.previewed).toBe("dev-kubernetes, prod-kubernetes");
  });

  test("finds a resource that was renamed without an alias, in the graph and in the engine's preview", async () => {
    const { pass, problems } = await verifyUpgrade({ ...options, fault: true });
    expect(pass).toBe(false);
    expect(problems.join("\n")).toMatch(
      /^prod-kubernetes: kubernetes:postgresql.cnpg.io\/v1:Cluster .* would be deleted/m,
    );
    expect(problems.join("\n")).toMatch(
      /^dev-kubernetes, previewed: .*Cluster .*: the engine would delete it/m,
    );
  });
});
