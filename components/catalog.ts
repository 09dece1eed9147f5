/** How a chart brings its custom resource definitions: the chart's templates, a chart of its own, or its `crds` folder. */
export type CrdStyle = "none" | "templates" | "separate-chart" | "crds-folder";

/** What must be known about a chart to install it. */
export interface CatalogChart {
  /** Helm repository (`https://`), the OCI prefix (`oci://`) that the chart's name follows, or `none` where nobody publishes it. */
  readonly repo: string;
  readonly chart: string;
  readonly version: string;
  /** Namespace of its release. */
  readonly namespace: string;
  readonly crdStyle: CrdStyle;
  /** SPDX licence of what it installs. */
  readonly licence: string;
  /** Day on which the version and the quirks were looked up. */
  readonly checkedOn: string;
  /** What is unlike other charts, in a sentence each. */
  readonly quirks: readonly string[];
  /** Dotted keys of its values that name the images it runs, with the repository each has by default. */
  readonly images: Readonly<Record<string, string>>;
  /** Time that the release may take, in seconds; 600 when left out. */
  readonly timeoutSeconds?: number;
  /** Why nobody should begin with it. */
  readonly deprecated?: string;
}

type Details = Partial<Omit<CatalogChart, "repo" | "chart" | "version" | "namespace" | "crdStyle">>;

const checkedOn = "2026-11-23";

function chart(
  source: `${string} ${string}@${string}`,
  namespace: string,
  crdStyle: CrdStyle,
  details: Details = {},
): CatalogChart {
  const [repo = "", rest = ""] = source.split(" ");
  const at = rest.lastIndexOf("@");
  return {
    repo,
    chart: rest.slice(0, at),
    version: rest.slice(at + 1),
    namespace,
    crdStyle,
    licence: "Apache-2.0",
    checkedOn,
    quirks: [],
    images: {},
    ...details,
  };
}

const folderCrds = "Helm never upgrades the crds folder: a new version needs its definitions applied first";

/** Every chart that the platform can install; nothing else in the code holds a chart's name, source or version. */
export const catalog = {
  "cert-manager": chart("https://charts.jetstack.io cert-manager@v1.21.1", "cert-manager", "templates", {
    quirks: [
      "crds.keep leaves the definitions, and with them all certificates, when the release goes",
      "startupapicheck is a hook that waits until the webhook's certificate is there",
      "its values schema refuses unknown keys",
    ],
    images: {
      "image.repository": "quay.io/jetstack/cert-manager-controller",
      "webhook.image.repository": "quay.io/jetstack/cert-manager-webhook",
      "cainjector.image.repository": "quay.io/jetstack/cert-manager-cainjector",
      "startupapicheck.image.repository": "quay.io/jetstack/cert-manager-startupapicheck",
      "acmesolver.image.repository": "quay.io/jetstack/cert-manager-acmesolver",
    },
  }),
  "gateway-crds": chart("oci://docker.io/envoyproxy gateway-crds-helm@v1.9.0", "envoy-gateway", "templates", {
    quirks: ["exactly one owner of the Gateway API's definitions: gatewayAPI.enabled with channel standard"],
  }),
  "envoy-gateway": chart(
    "oci://docker.io/envoyproxy gateway-helm@v1.9.0",
    "envoy-gateway",
    "separate-chart",
    {
      quirks: [
        "its crds folder has the experimental Gateway API, which the standard one's admission policy refuses: skipCrds",
        "certgen is a hook that runs before the install",
      ],
      images: { "deployment.envoyGateway.image.repository": "docker.io/envoyproxy/gateway" },
    },
  ),
  seaweedfs: chart("https://seaweedfs.github.io/seaweedfs/helm seaweedfs@4.44.0", "object-store", "none", {
    quirks: [
      "keeps data on the node's disk unless every data.type is persistentVolumeClaim",
      "makes the S3 secret and the buckets with hooks and random passwords: existingConfigSecret, and buckets by a job of ours",
      "sizes of its volume claims cannot be changed later; the claims stay when the release goes",
    ],
    images: { "image.repository": "chrislusf/seaweedfs" },
    timeoutSeconds: 900,
  }),
  minio: chart("https://charts.min.io minio@5.4.0", "object-store", "none", {
    licence: "AGPL-3.0-only",
    deprecated:
      "its repository is archived and its images get no security fixes: use seaweedfs or an existing S3",
    images: { "image.repository": "quay.io/minio/minio", "mcImage.repository": "quay.io/minio/mc" },
  }),
  "cloudnative-pg": chart(
    "https://cloudnative-pg.github.io/charts cloudnative-pg@0.29.0",
    "sql",
    "templates",
    {
      quirks: ["volume claims go with the Cluster, whatever the storage class says"],
      images: { "image.repository": "ghcr.io/cloudnative-pg/cloudnative-pg" },
    },
  ),
  "plugin-barman-cloud": chart(
    "https://cloudnative-pg.github.io/charts plugin-barman-cloud@0.7.0",
    "sql",
    "templates",
    {
      quirks: ["needs cert-manager, and the namespace of the operator"],
      images: { "image.repository": "plugin-barman-cloud" },
    },
  ),
  valkey: chart("https://valkey.io/valkey-helm/ valkey@0.11.0", "key-value", "none", {
    licence: "BSD-3-Clause",
    quirks: ["volume claims stay when the release goes"],
    images: { "image.repository": "valkey/valkey" },
  }),
  "strimzi-kafka-operator": chart(
    "oci://quay.io/strimzi-helm strimzi-kafka-operator@1.2.0",
    "events",
    "crds-folder",
    { quirks: [folderCrds, "watches its own namespace only", "only kafka.strimzi.io/v1 is left"] },
  ),
  "rabbitmq-cluster-operator": chart(
    "oci://ghcr.io/cloudpirates-io/helm-charts rabbitmq-cluster-operator@0.6.5",
    "message-queue",
    "templates",
    {
      licence: "MPL-2.0",
      quirks: ["its README asks for Helm 4 and says that Helm 3, which Pulumi has, may do"],
    },
  ),
  "debezium-operator": chart(
    "https://charts.debezium.io debezium-operator@3.6.1-final",
    "change-capture",
    "templates",
  ),
  "kube-prometheus-stack": chart(
    "oci://ghcr.io/prometheus-community/charts kube-prometheus-stack@88.5.3",
    "monitoring",
    "separate-chart",
    {
      quirks: [
        "node exporter reads the node's /proc and /sys: it runs in a privileged namespace of its own",
        "ignores monitors of others unless every SelectorNilUsesHelmValues is false",
        "its definitions come from prometheus-operator-crds, so crds.enabled is false",
      ],
      timeoutSeconds: 900,
    },
  ),
  "prometheus-operator-crds": chart(
    "oci://ghcr.io/prometheus-community/charts prometheus-operator-crds@31.0.1",
    "monitoring",
    "templates",
  ),
  kueue: chart("oci://registry.k8s.io/kueue/charts kueue@0.19.2", "kueue", "templates", {
    quirks: [
      "while its webhook is down no job can be made anywhere: two replicas, and system namespaces left out",
    ],
    images: { "controllerManager.manager.image.repository": "registry.k8s.io/kueue/kueue" },
  }),
  kuberay: chart(
    "https://ray-project.github.io/kuberay-helm/ kuberay-operator@1.7.0",
    "training",
    "crds-folder",
    {
      quirks: [folderCrds],
      images: { "image.repository": "quay.io/kuberay/operator" },
    },
  ),
  "kubeflow-trainer": chart("oci://ghcr.io/kubeflow/charts kubeflow-trainer@2.3.0", "training", "templates", {
    quirks: [
      "its own runtimes are installed by a hook that downloads kubectl from the internet: runtimes off, ours instead",
      "bundles jobset",
    ],
    images: { "image.repository": "kubeflow/trainer/trainer-controller-manager" },
  }),
  "kserve-crd": chart("oci://ghcr.io/kserve/charts kserve-crd@v0.20.0", "kserve", "templates"),
  kserve: chart("oci://ghcr.io/kserve/charts kserve-resources@v0.20.0", "kserve", "separate-chart", {
    quirks: ["reports ready before its webhook listens", "the default mode needs Knative: Standard is set"],
    images: { "kserve.controller.image": "kserve/kserve-controller" },
  }),
  "knative-operator": chart(
    "https://knative.github.io/operator knative-operator@v1.23.0",
    "knative-operator",
    "templates",
  ),
  keda: chart("https://kedacore.github.io/charts keda@2.20.2", "keda", "templates", {
    quirks: ["finalizer.keda.sh hangs when the operator goes before its ScaledObjects"],
    images: {
      "image.keda.repository": "kedacore/keda",
      "image.metricsApiServer.repository": "kedacore/keda-metrics-apiserver",
      "image.webhooks.repository": "kedacore/keda-admission-webhooks",
    },
  }),
  "gpu-operator": chart("https://helm.ngc.nvidia.com/nvidia gpu-operator@v26.7.0", "gpu", "crds-folder", {
    quirks: [folderCrds, "installs drivers on nodes, so its namespace is privileged"],
    timeoutSeconds: 1_200,
  }),
  "nvidia-device-plugin": chart(
    "https://nvidia.github.io/k8s-device-plugin nvidia-device-plugin@0.20.0",
    "gpu",
    "none",
    {
      quirks: [
        "a taint that its feature discovery does not tolerate leaves it at nothing desired: the toleration is Exists",
        "registers with the kubelet through the node's disk, so its namespace is privileged",
      ],
      images: { "image.repository": "nvcr.io/nvidia/k8s-device-plugin" },
    },
  ),
  "feast-operator": chart("none feast-operator@0.66.0", "feature-store", "templates", {
    quirks: ["upstream publishes manifests, no chart: the chart mirror must hold one made of them"],
  }),
  airflow: chart("https://airflow.apache.org airflow@1.22.0", "orchestration", "none", {
    quirks: [
      "deadlock: pods wait for the migration, which is a hook that waits for the pods: useHelmHooks false",
      "new keys at every upgrade unless fernet, API and JWT secrets are given",
      "its PostgreSQL is Bitnami's: postgresql.enabled false",
    ],
    images: { "images.airflow.repository": "apache/airflow" },
    timeoutSeconds: 1_200,
  }),
  mlflow: chart("oci://ghcr.io/mlflow/charts mlflow@0.1.1", "mlflow", "none", {
    quirks: [
      "answers 403 behind a gateway unless allowed_hosts names it",
      "only -full images speak PostgreSQL and S3",
    ],
    images: { "image.repository": "ghcr.io/mlflow/mlflow" },
  }),
  jupyterhub: chart("https://hub.jupyter.org/helm-chart/ jupyterhub@4.4.0", "notebooks", "none", {
    licence: "BSD-3-Clause",
    quirks: [
      "prePuller.hook runs for ever under automation: off",
      "its network policies keep notebooks from our services: ours instead",
    ],
    images: { "hub.image.name": "quay.io/jupyterhub/k8s-hub" },
  }),
  loki: chart("oci://ghcr.io/grafana-community/helm-charts loki@18.11.0", "logs", "none", {
    licence: "AGPL-3.0-only",
    quirks: ["its MinIO stays off", "auth_enabled is true by default"],
  }),
  tempo: chart("oci://ghcr.io/grafana-community/helm-charts tempo@2.2.4", "traces", "none", {
    licence: "AGPL-3.0-only",
  }),
  "eck-operator": chart("https://helm.elastic.co eck-operator@3.5.0", "elastic", "templates", {
    licence: "Elastic-2.0",
    images: { "image.repository": "docker.elastic.co/eck/eck-operator" },
  }),
  jaeger: chart("https://jaegertracing.github.io/helm-charts jaeger@4.11.1", "traces", "none", {
    quirks: ["calls itself experimental; keeps traces in memory unless told otherwise"],
  }),
  "opentelemetry-collector": chart(
    "https://open-telemetry.github.io/opentelemetry-helm-charts opentelemetry-collector@0.170.0",
    "telemetry",
    "none",
    {
      quirks: ["its values schema refuses unknown keys", "has no image by default"],
      images: { "image.repository": "otel/opentelemetry-collector-k8s" },
    },
  ),
  "external-secrets": chart(
    "https://charts.external-secrets.io external-secrets@2.9.0",
    "external-secrets",
    "templates",
    {
      quirks: ["only the newest minor is supported, and one comes every few weeks"],
      images: {
        "image.repository": "ghcr.io/external-secrets/external-secrets",
        "webhook.image.repository": "ghcr.io/external-secrets/external-secrets",
        "certController.image.repository": "ghcr.io/external-secrets/external-secrets",
      },
    },
  ),
  dex: chart("https://charts.dexidp.io dex@0.24.0", "identity", "none", {
    images: { "image.repository": "ghcr.io/dexidp/dex" },
  }),
  keycloak: chart("https://codecentric.github.io/helm-charts keycloakx@7.1.11", "identity", "none", {
    images: { "image.repository": "quay.io/keycloak/keycloak" },
    timeoutSeconds: 900,
  }),
  "oauth2-proxy": chart("https://oauth2-proxy.github.io/manifests oauth2-proxy@10.7.0", "sign-in", "none", {
    licence: "MIT",
    quirks: ["redis-ha stays off"],
    images: { "image.repository": "quay.io/oauth2-proxy/oauth2-proxy" },
  }),
  "istio-base": chart(
    "https://istio-release.storage.googleapis.com/charts base@1.30.3",
    "istio-system",
    "templates",
  ),
  istiod: chart(
    "https://istio-release.storage.googleapis.com/charts istiod@1.30.3",
    "istio-system",
    "separate-chart",
  ),
  "istio-cni": chart(
    "https://istio-release.storage.googleapis.com/charts cni@1.30.3",
    "istio-system",
    "separate-chart",
    {
      quirks: ["writes the node's network configuration, so its namespace is privileged"],
    },
  ),
  ztunnel: chart(
    "https://istio-release.storage.googleapis.com/charts ztunnel@1.30.3",
    "istio-system",
    "separate-chart",
  ),
  kyverno: chart("https://kyverno.github.io/kyverno/ kyverno@3.9.0", "kyverno", "templates", {
    quirks: ["a hook before its end takes the webhooks away, so it must be a release"],
  }),
  velero: chart("https://vmware-tanzu.github.io/helm-charts velero@12.1.0", "backup", "crds-folder", {
    quirks: [folderCrds, "a hook upgrades its definitions: upgradeCRDs"],
    images: { "image.repository": "velero/velero" },
  }),
  opencost: chart("https://opencost.github.io/opencost-helm-chart opencost@2.5.17", "cost", "none"),
  datadog: chart("https://helm.datadoghq.com datadog@3.240.0", "datadog", "templates", {
    quirks: ["reads the node's disk and processes, so its namespace is privileged"],
  }),
  "new-relic": chart("https://helm-charts.newrelic.com nri-bundle@8.0.18", "new-relic", "none", {
    quirks: ["reads the node's disk and processes, so its namespace is privileged"],
  }),
  polaris: chart("https://downloads.apache.org/polaris/helm-chart polaris@1.7.0", "lake", "none", {
    quirks: ["needs Kubernetes 1.33"],
    images: { "image.repository": "apache/polaris" },
  }),
  lakefs: chart("https://charts.lakefs.io lakefs@1.12.16", "data-versions", "none", {
    images: { "image.repository": "treeverse/lakefs" },
  }),
} as const satisfies Record<string, CatalogChart>;

/** Names of the charts in the catalog. */
export type ChartName = keyof typeof catalog;
