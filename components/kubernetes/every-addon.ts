import { type ConfigSecret, configSecrets } from "./addon.plan.ts";
import { addons } from "./addons.plan.ts";
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

/** All that can stand beside each other. */
const everything = Object.keys(addons).filter((name) => !alternatives.includes(name));
/** What most others build on. */
export const spine = [
  "cert-manager",
  "envoy-gateway",
  "seaweedfs",
  "cloudnative-pg",
  "kube-prometheus-stack",
];

/** The plan of a platform with these add-ons. Throws with every problem. */
export function planOf(names: readonly string[], production: boolean): PlatformPlan {
  const selection = Object.fromEntries(names.map((name) => [name, given[name] ?? {}]));
  const { plan, problems } = planPlatform(addons, selection, settings(production));
  if (plan === undefined) throw new Error(JSON.stringify(problems, undefined, 2));
  return plan;
}

/** An alternative beside what is left of the spine when its own capabilities are taken out. */
export function planWith(name: string, production: boolean): PlatformPlan {
  const own = Object.entries(addons).find(([key]) => key === name)?.[1].provides ?? [];
  const rest = spine.filter((other) => {
    const provides = Object.entries(addons).find(([key]) => key === other)?.[1].provides ?? [];
    return !provides.some((capability) => own.includes(capability));
  });
  return planOf([...rest, name], production);
}

/** Platforms for tests in which every add-on stands that there is in this size: all together, then each alternative. */
export function everyPlan(production: boolean): PlatformPlan[] {
  // Debezium's other mode needs events of production size, traces in memory are for small ones.
  const together = everything.filter((name) => production || name !== "debezium");
  const apart = alternatives.filter((name) => !production || name !== "jaeger");
  return [planOf(together, production), ...apart.map((name) => planWith(name, production))];
}
