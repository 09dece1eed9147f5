import type { ClusterConnections, TeamRequest } from "@bedplate/contract";
import { builtIn, type Manifest } from "../kubernetes/manifest.plan.ts";
import { type PodPlan, podSpec, selectorOf } from "../kubernetes/pod.plan.ts";
import type { TeamConfig } from "./team-schema.plan.ts";

const rbac = "rbac.authorization.k8s.io/v1";
/** Secret of the team's namespace with its token for the registry. */
export const registrySecret = "registry-token";
const tokenDays = 60;

/**
 * Makes the team's space, or brings it up to what is wanted, then a new token, and puts it into the team's Secret. The
 * token is shown once and goes straight into the cluster, past the engine's state.
 */
const program = `
const { readFile } = await import("node:fs/promises");
const { REGISTRY_URL: url, TEAM: team, TOKEN_DAYS: days, TARGET: target, KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = process.env;
const admin = (await readFile("/run/secrets/runtime/admin-token", "utf8")).trim();
const account = "/var/run/secrets/kubernetes.io/serviceaccount";
const call = async (address, method, token, body, type = "application/json") => {
  const response = await fetch(address, { method, body: JSON.stringify(body), headers: { authorization: "Bearer " + token, "content-type": type } });
  if (!response.ok && response.status !== 409) throw new Error(method + " " + address + " was answered " + response.status);
  return { status: response.status, json: await response.json() };
};
const api = url + "/api/bedplate/v1";
const wanted = JSON.parse(team);
const made = await call(api + "/teams", "POST", admin, wanted);
if (made.status === 409) { const { name, ...change } = wanted; await call(api + "/teams/" + name, "PATCH", admin, change); }
const { json } = await call(api + "/tokens", "POST", admin, { user: "team-" + wanted.name, title: "pods of the team", role: "contributor", team: wanted.name, lifetimeMs: Number(days) * 86400000 });
const own = (await readFile(account + "/token", "utf8")).trim();
await call("https://" + host + ":" + port + target, "PATCH", own, { stringData: { token: json.token } }, "application/merge-patch+json");
`;

function podOf(
  team: TeamConfig,
  runtime: NonNullable<ClusterConnections["runtime"]>,
  target: string,
): PodPlan {
  const { name, title, registry } = team;
  const wanted: TeamRequest = {
    name,
    title,
    visibility: registry.visibility,
    promotion: { approvals: 0, fourEyes: true },
    quotas: registry.quotas,
  };
  return {
    serviceAccountName: `registry-${name}`,
    restartPolicy: "OnFailure",
    containers: [
      {
        name: "registry",
        image: runtime.image,
        command: ["node", "--input-type=module", "-e", program],
        env: {
          REGISTRY_URL: runtime.inside,
          TEAM: JSON.stringify(wanted),
          TOKEN_DAYS: String(tokenDays),
          TARGET: target,
          NODE_EXTRA_CA_CERTS: "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt",
        },
        secretFiles: { "/run/secrets/runtime": runtime.adminTokenSecret },
        writable: ["/tmp"],
        size: { cpu: "50m", memory: "128Mi" },
      },
    ],
  };
}

/** The team's space in the registry and its token: made at once, and a new token every month, each good for two. */
export function registryManifests(
  team: TeamConfig,
  namespace: string,
  runtime: NonNullable<ClusterConnections["runtime"]>,
): { readonly access: readonly Manifest[]; readonly jobs: readonly Manifest[] } {
  const name = `registry-${team.name}`;
  const target = `/api/v1/namespaces/${namespace}/secrets/${registrySecret}`;
  const pod = podSpec(podOf(team, runtime, target));
  const meta = { name, namespace: runtime.namespace };
  const template = { metadata: { labels: selectorOf(name) }, spec: pod };
  const limits = { backoffLimit: 6, activeDeadlineSeconds: 600 };
  return {
    access: [
      builtIn("v1", "ServiceAccount", meta, { automountServiceAccountToken: false }),
      builtIn("v1", "Secret", { name: registrySecret, namespace }, { type: "Opaque" }),
      builtIn(
        rbac,
        "Role",
        { name: "registry-token", namespace },
        {
          rules: [
            { apiGroups: [""], resources: ["secrets"], resourceNames: [registrySecret], verbs: ["patch"] },
          ],
        },
      ),
      builtIn(
        rbac,
        "RoleBinding",
        { name: "registry-token", namespace },
        {
          roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "registry-token" },
          subjects: [{ kind: "ServiceAccount", ...meta }],
        },
      ),
    ],
    jobs: [
      builtIn("batch/v1", "Job", meta, { spec: { ...limits, template } }),
      builtIn("batch/v1", "CronJob", meta, {
        spec: {
          schedule: "17 3 1 * *",
          concurrencyPolicy: "Forbid",
          jobTemplate: { spec: { ...limits, template } },
        },
      }),
    ],
  };
}
