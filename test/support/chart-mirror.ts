import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type CatalogChart, type ChartName, catalog } from "@bedplate/components/catalog";
import { kindOf, operatesAnnotation, operatorLabel, readOperatorCrds } from "@bedplate/tools/cluster";

const run = promisify(execFile);

/** What a chart has to do with operators: whose definitions it brings, and whose resources its program looks after. */
interface Operates {
  readonly brings: readonly string[];
  readonly runs: readonly string[];
}

const both = (...operators: string[]): Operates => ({ brings: operators, runs: operators });

const operators: Partial<Readonly<Record<ChartName, Operates>>> = {
  "cert-manager": both("cert-manager"),
  "cloudnative-pg": both("cloudnative-pg"),
  "debezium-operator": both("debezium-operator"),
  "eck-operator": both("eck"),
  "envoy-gateway": { brings: [], runs: ["gateway-api", "envoy-gateway"] },
  "external-secrets": both("external-secrets"),
  "feast-operator": both("feast-operator"),
  "gateway-crds": { brings: ["gateway-api", "envoy-gateway"], runs: [] },
  "gpu-operator": both("gpu-operator"),
  "istio-base": { brings: ["istio"], runs: [] },
  istiod: { brings: [], runs: ["istio"] },
  keda: both("keda"),
  "knative-operator": both("knative-operator"),
  kserve: { brings: [], runs: ["kserve"] },
  "kserve-crd": { brings: ["kserve"], runs: [] },
  "kube-prometheus-stack": { brings: [], runs: ["prometheus-operator"] },
  "kubeflow-trainer": both("kubeflow-trainer", "jobset"),
  kuberay: both("kuberay"),
  kueue: both("kueue"),
  kyverno: both("kyverno"),
  "plugin-barman-cloud": both("plugin-barman-cloud"),
  "prometheus-operator-crds": { brings: ["prometheus-operator"], runs: [] },
  "rabbitmq-cluster-operator": both("rabbitmq-cluster-operator"),
  "strimzi-kafka-operator": both("strimzi-kafka-operator"),
  velero: both("velero"),
};

/** Charts whose programs keep data on volumes. */
const stateful = new Set<ChartName>(["loki", "seaweedfs", "tempo", "valkey"]);

const labels = { "app.kubernetes.io/name": "{{ .Release.Name }}" };
const metadata = { name: "{{ .Release.Name }}", namespace: "{{ .Release.Namespace }}", labels };

/** A pod as Pod Security `restricted` wants it. */
const pod = {
  serviceAccountName: "{{ .Release.Name }}",
  automountServiceAccountToken: false,
  securityContext: { runAsNonRoot: true, runAsUser: 10_001, seccompProfile: { type: "RuntimeDefault" } },
  containers: [
    {
      name: "main",
      image: `registry.example/{{ .Chart.Name }}@sha256:${"0".repeat(64)}`,
      ports: [{ name: "http", containerPort: 8080 }],
      readinessProbe: { httpGet: { path: "/readyz", port: "http" } },
      resources: { requests: { cpu: "10m", memory: "16Mi" }, limits: { memory: "16Mi" } },
      securityContext: {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
      },
    },
  ],
};

/** What runs: an operator as a Deployment that says what it looks after, what keeps data as a StatefulSet. */
function workload(chart: ChartName, operates: string): object {
  const spec = { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: pod } };
  if (stateful.has(chart))
    return {
      apiVersion: "apps/v1",
      kind: "StatefulSet",
      metadata,
      spec: {
        ...spec,
        serviceName: "{{ .Release.Name }}",
        volumeClaimTemplates: [
          {
            metadata: { name: "data" },
            spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
          },
        ],
      },
    };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata:
      operates === ""
        ? metadata
        : {
            ...metadata,
            labels: { ...labels, [operatorLabel]: "true" },
            annotations: { [operatesAnnotation]: operates },
          },
    spec,
  };
}

const surroundings = [
  { apiVersion: "v1", kind: "ServiceAccount", metadata },
  {
    apiVersion: "v1",
    kind: "Service",
    metadata,
    spec: { clusterIP: "None", selector: labels, ports: [{ name: "http", port: 8080 }] },
  },
  {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRole",
    metadata: { name: "{{ .Release.Name }}" },
    rules: [{ apiGroups: [""], resources: ["configmaps"], verbs: ["get", "list", "watch"] }],
  },
];

/** The values that the release was given, for tests to read. */
const givenValues = `apiVersion: v1
kind: ConfigMap
metadata: { name: "{{ .Release.Name }}-values", namespace: "{{ .Release.Namespace }}" }
data:
  values.json: {{ .Values | toJson | quote }}
`;

async function writeChart(folder: string, name: ChartName): Promise<void> {
  const { chart, version, crdStyle }: CatalogChart = catalog[name];
  const { brings, runs } = operators[name] ?? both();
  const own = join(folder, name, chart);
  await mkdir(join(own, "templates"), { recursive: true });
  const file = (path: string, content: unknown) =>
    // JSON is YAML.
    writeFile(join(own, path), typeof content === "string" ? content : JSON.stringify(content));
  await file("Chart.yaml", { apiVersion: "v2", name: chart, version });
  await file("values.yaml", {});
  const crds = (await Promise.all(brings.map(readOperatorCrds))).flat();
  if (crds.length > 0 && crdStyle === "crds-folder") {
    await mkdir(join(own, "crds"));
    for (const [at, crd] of crds.entries()) await file(`crds/${at}.yaml`, crd);
  }
  if (crds.length > 0 && crdStyle !== "crds-folder") {
    // Not as a template: descriptions have braces too.
    await file("crds.yaml", crds.map((crd) => JSON.stringify(crd)).join("\n---\n"));
    await file("templates/crds.yaml", '{{ .Files.Get "crds.yaml" }}\n');
  }
  await file("templates/values.yaml", givenValues);
  if (runs.length > 0 || brings.length === 0) {
    const kinds = (await Promise.all(runs.map(readOperatorCrds))).flat().map(kindOf);
    const objects = [...surroundings, workload(name, kinds.join(" "))];
    await file("templates/objects.yaml", objects.map((each) => JSON.stringify(each)).join("\n---\n"));
  }
  await run("tar", ["-czf", join(folder, `${chart}-${version}.tgz`), "-C", join(folder, name), chart]);
}

/** A folder of charts for `bedplate:chartMirror`. */
export interface ChartMirror {
  readonly folder: string;
  readonly close: () => Promise<void>;
}

/**
 * Small charts of our own under the names and versions of the catalog's: nothing can be downloaded where tests run. Each
 * has the definitions that the catalog says it brings, the operators' own ones, and a hardened workload, and keeps the
 * values that it is given in a ConfigMap. Throws where an operator's definitions cannot be had.
 */
export async function openChartMirror(names: readonly ChartName[]): Promise<ChartMirror> {
  const folder = await mkdtemp(join(tmpdir(), "bedplate-charts-"));
  const close = () => rm(folder, { recursive: true, force: true });
  try {
    for (const name of new Set(names)) await writeChart(folder, name);
    return { folder, close };
  } catch (error) {
    await close();
    throw error;
  }
}
