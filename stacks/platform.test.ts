import { catalog } from "@bedplate/components/catalog";
import { roleRules, trainingAccess } from "@bedplate/contract";
import { describe, expect, test } from "vitest";
import { recordResources } from "../components/engine-mocks.ts";
import { platformValues } from "../test/support/platform-values.ts";
import { StackConfigError } from "./config-problems.ts";
import { clusterPlatform } from "./platform.ts";
import { parsePlatformConfig } from "./platform-config.ts";
import { planStack } from "./platform-plan.ts";

const registered = recordResources();

/** Waits until the program has registered everything: what is secret or waits for others comes late. */
async function settled(): Promise<void> {
  for (let before = -1; before !== registered.length; ) {
    before = registered.length;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function resourcesOf(values: Record<string, unknown>) {
  registered.length = 0;
  const outputs = clusterPlatform(values, "test");
  await settled();
  return { outputs, resources: registered.filter(({ custom }) => custom) };
}

function problemsOf(
  values: Record<string, unknown>,
): readonly { key: string; allowed: string; fix: string }[] {
  try {
    clusterPlatform(values, "test");
    return [];
  } catch (error) {
    if (error instanceof StackConfigError) return error.problems;
    throw error;
  }
}

const withAddons = (addons: Record<string, unknown>, more: Record<string, unknown> = {}) =>
  problemsOf(platformValues("dev-kubernetes", { "bedplate:addons": addons, ...more }));

describe("the config of a platform", () => {
  test("everything that is wrong is said at once, with the likely fix", () => {
    const found = problemsOf({
      "bedplate:kind": "platform",
      "bedplate:owner": "Me!",
      "bedplate:domian": "x",
      "bedplate:addons": { cloudnativepg: {}, seaweedfs: { storge: "1Gi" }, runtime: { replicas: 0 } },
    });
    expect(found.map(({ key }) => key).sort()).toEqual([
      "bedplate:addons.cloudnativepg",
      "bedplate:addons.runtime.replicas",
      "bedplate:addons.seaweedfs.storge",
      "bedplate:domain",
      "bedplate:domian",
      "bedplate:environment",
      "bedplate:owner",
      "bedplate:runtimeImage",
    ]);
    expect(found.find(({ key }) => key.endsWith("cloudnativepg"))?.fix).toContain("addons.cloudnative-pg");
    expect(found.find(({ key }) => key.endsWith("storge"))?.fix).toContain("addons.seaweedfs.storage");
  });

  test("an add-on without what it needs names those that provide it", () => {
    const [problem] = withAddons({ "envoy-gateway": {} });
    expect(problem).toMatchObject({ key: "bedplate:addons.envoy-gateway" });
    expect(problem?.allowed).toContain("cert-manager");
  });

  test("two providers of one capability are refused", () => {
    const [problem] = withAddons({ seaweedfs: {}, "existing-s3": { bucket: "models" } });
    expect(problem?.allowed).toBe("one provider of objectStore");
  });

  test("a capability of another flavor needs its secrets, and says how to set them", () => {
    const found = withAddons({ "existing-s3": { bucket: "models" } });
    expect(found.map(({ key }) => key)).toEqual([
      "bedplate:secrets.objectStoreAccessKeyId",
      "bedplate:secrets.objectStoreSecretAccessKey",
    ]);
    expect(found[0]?.fix).toContain("--secret");
  });

  test("sizes that do not fit together are refused", () => {
    const spine = { "cert-manager": {}, seaweedfs: {}, "cloudnative-pg": {} };
    const [problem] = withAddons({ ...spine, runtime: { replicas: 4, maxReplicas: 2 } });
    expect(problem).toMatchObject({ key: "bedplate:addons.runtime.maxReplicas" });
  });

  test("production asks for the digest of every image that it runs", () => {
    const found = withAddons(
      { "cert-manager": {}, seaweedfs: {}, "cloudnative-pg": {}, runtime: {} },
      { "bedplate:size": "production", "bedplate:imageDigests": {} },
    );
    expect(found.map(({ key }) => key)).toEqual(["bedplate:imageDigests.seaweedfs"]);
  });
});

test("the runtime's jobs run in a namespace of their own, through the one Role that its client needs", () => {
  const values = platformValues("dev-kubernetes", {
    "bedplate:addons": { "cert-manager": {}, seaweedfs: {}, "cloudnative-pg": {}, kueue: {}, runtime: {} },
  });
  const { addons } = planStack(parsePlatformConfig(values), "test");
  const manifests = addons
    .flatMap(({ plan }) => plan.stages.flat())
    .flatMap((item) => (item.type === "object" ? [item.manifest] : []));
  const named = (kind: string) =>
    manifests.filter((each) => each.kind === kind && each.metadata.name === "bedplate");
  const [role] = named("Role");
  expect(role).toMatchObject({ metadata: { namespace: "bedplate-jobs" }, rules: roleRules(trainingAccess) });
  const [binding] = named("RoleBinding");
  expect(binding).toMatchObject({
    subjects: [{ kind: "ServiceAccount", name: "bedplate", namespace: "bedplate" }],
  });
  const environment = JSON.stringify(named("Deployment")[0]).match(
    /BEDPLATE_CONNECTIONS_TRAINING_\w+","value":"[^"]*/g,
  );
  expect(environment).toContain('BEDPLATE_CONNECTIONS_TRAINING_NAMESPACE","value":"bedplate-jobs');
  expect(environment).toContain('BEDPLATE_CONNECTIONS_TRAINING_QUEUE","value":"default');
  const queue = manifests.find(({ kind }) => kind === "ClusterQueue");
  expect(queue?.spec).toMatchObject({
    cohortName: "platform",
    resourceGroups: [{ flavors: [{ name: "cpu" }] }],
  });
});

test("what must be kept in production is protected, and charts come from the mirror", async () => {
  const { resources } = await resourcesOf(
    platformValues("dev-kubernetes", { "bedplate:chartMirror": "oci://mirror.example.com/charts" }),
  );
  const releases = resources.filter(({ type }) => type === "kubernetes:helm.sh/v3:Release");
  expect(releases.length).toBeGreaterThan(3);
  for (const { inputs } of releases) {
    expect(inputs.chart).toMatch(/^oci:\/\/mirror\.example\.com\/charts\/[a-z-]+$/);
    expect(inputs).toMatchObject({ atomic: true, createNamespace: false });
    expect(Object.values(catalog).map(({ version }): string => version)).toContain(inputs.version);
  }
});
