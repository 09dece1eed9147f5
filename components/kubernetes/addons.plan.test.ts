import { describe, expect, test } from "vitest";
import { catalog } from "../catalog.ts";
import { type ConfigSecret, configSecrets, type Item } from "./addon.plan.ts";
import { addons } from "./addons.plan.ts";
import { nullsIn } from "./chart-source.plan.ts";
import { type PlatformPlan, type PlatformSettings, planPlatform } from "./planner.plan.ts";

const settings = (production: boolean): PlatformSettings => ({
  stack: "test",
  owner: "me",
  environment: "test",
  release: "1.2.3",
  deployment: "test",
  production,
  domain: "ml.example.com",
  podSecurityVersion: "v1.37",
  storageClass: "fast",
  runtimeImage: `registry.example.com/bedplate@sha256:${"a".repeat(64)}`,
  chartMirror: "oci://mirror.example.com/charts",
  imageDigests: {
    triton: "sha256:1",
    vllm: "sha256:1",
    "tensorflow-serving": "sha256:1",
    torchserve: "sha256:1",
    pytorch: "sha256:1",
    ray: "sha256:1",
    seaweedfs: "sha256:1",
    "optuna-dashboard": "sha256:1",
    tensorboard: "sha256:1",
  },
  givenSecrets: new Set<ConfigSecret>(configSecrets),
});

/** What each add-on that cannot do without options is given. */
const given: Readonly<Record<string, unknown>> = {
  dex: { connectors: [{ type: "mockCallback", id: "mock", name: "Mock" }] },
  "existing-oidc": { issuer: "https://id.example.com" },
  "existing-postgres": { host: "db.example.com" },
  "existing-s3": { bucket: "models" },
  "external-secrets": { provider: { aws: { service: "SecretsManager", region: "eu-west-1" } } },
  "oauth2-proxy": { emailDomains: ["example.com"] },
  kueue: { shared: { cpu: { cpu: 8, memory: "32Gi" }, gpu: { cpu: 8, memory: "64Gi", gpus: 2 } } },
  kserve: { runtimes: ["triton", "tensorflow-serving", "vllm", "torchserve"] },
  debezium: { mode: "connect", connectImage: `registry.example.com/connect@sha256:${"c".repeat(64)}` },
};

/** The other way to provide each of these; planned beside everything else, one at a time. */
const alternatives = [
  "minio",
  "existing-s3",
  "existing-postgres",
  "gpu-operator",
  "managed-gpu",
  "elastic",
  "jaeger",
  "dex",
  "existing-oidc",
  "kyverno",
  "new-relic",
];

const everything = Object.keys(addons).filter((name) => !alternatives.includes(name));
const spine = ["cert-manager", "envoy-gateway", "seaweedfs", "cloudnative-pg", "kube-prometheus-stack"];

function planOf(names: readonly string[], production: boolean): PlatformPlan {
  const selection = Object.fromEntries(names.map((name) => [name, given[name] ?? {}]));
  const { plan, problems } = planPlatform(addons, selection, settings(production));
  if (plan === undefined) throw new Error(JSON.stringify(problems, undefined, 2));
  return plan;
}

/** An alternative beside what is left of the spine when its own capabilities are taken out. */
function planWith(name: string, production: boolean): PlatformPlan {
  const own = Object.entries(addons).find(([key]) => key === name)?.[1].provides ?? [];
  const rest = spine.filter((other) => {
    const provides = Object.entries(addons).find(([key]) => key === other)?.[1].provides ?? [];
    return !provides.some((capability) => own.includes(capability));
  });
  return planOf([...rest, name], production);
}

const itemsOf = ({ addons: planned }: PlatformPlan): readonly Item[] =>
  planned.flatMap(({ plan }) => plan.stages.flat());

describe.each([false, true])("all add-ons together, production %s", (production) => {
  const plans = [
    planOf(
      everything.filter((name) => production || name !== "debezium"),
      production,
    ),
    ...alternatives
      .filter((name) => !production || name !== "jaeger")
      .map((name) => planWith(name, production)),
  ];

  test("no value of a chart is null, and every release has a namespace that is made first", () => {
    for (const plan of plans) {
      const namespaces = plan.namespaces.map(({ name }) => name);
      for (const item of itemsOf(plan)) {
        if (item.type === "release") {
          expect([item.name, nullsIn(item.values)]).toEqual([item.name, []]);
          expect(namespaces).toContain(item.namespace);
        }
        if (item.type === "object" && item.manifest.metadata.namespace !== undefined)
          expect(namespaces).toContain(item.manifest.metadata.namespace);
        if (item.type === "secret")
          for (const copy of item.secret.copies) expect(namespaces).toContain(copy.namespace);
      }
    }
  });

  test("no undefined value hides in what the engine is handed", () => {
    for (const plan of plans)
      for (const item of itemsOf(plan)) {
        const data =
          item.type === "release" ? item.values : item.type === "object" ? item.manifest : item.secret;
        expect(JSON.parse(JSON.stringify(data))).toStrictEqual(data);
      }
  });

  test("every placeholder of a secret stands for a part that there is", () => {
    for (const plan of plans)
      for (const item of itemsOf(plan)) {
        if (item.type !== "secret") continue;
        const parts = [...Object.keys(item.secret.generate), ...Object.keys(item.secret.given ?? {})];
        const named = JSON.stringify(item.secret.copies).matchAll(/\{\{(\w+)\}\}/g);
        for (const [, part] of named) expect(parts).toContain(part);
      }
  });

  test("only namespaces whose reason is said are judged less strictly than restricted", () => {
    const lenient = plans.flatMap(({ namespaces }) => namespaces.filter(({ level }) => level !== undefined));
    for (const { reason } of lenient) expect(reason).toMatch(/\w+/);
    const names = new Set(lenient.map(({ name }) => name));
    expect([...names].sort()).toEqual(["datadog", "gpu", "istio-system", "new-relic", "node-agents"]);
  });
});

test("every chart of the catalog is installed by an add-on", () => {
  const plans = [
    planOf(everything, true),
    ...["minio", "gpu-operator", "elastic", "dex", "kyverno", "new-relic"].map((name) =>
      planWith(name, true),
    ),
    planWith("jaeger", false),
  ];
  const used = new Set(
    plans.flatMap(itemsOf).flatMap((item) => (item.type === "release" ? [item.chart] : [])),
  );
  // In production Debezium runs in Kafka Connect here, so its operator is planned by another mode.
  used.add("debezium-operator");
  expect(Object.keys(catalog).filter((name) => !used.has(name as keyof typeof catalog))).toEqual([]);
});

test("a choice that nobody should begin with is said", () => {
  expect(planWith("minio", false).warnings.join()).toContain("minio: its repository is archived");
  const [warning] = planOf([...spine, "kserve"], true).warnings;
  expect(warning).toContain("torchserve: TorchServe is no longer maintained");
});
