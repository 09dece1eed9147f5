import { admissionPolicies, kyverno } from "../admission/admission.plan.ts";
import { keda } from "../autoscaling/kubernetes.plan.ts";
import { velero } from "../backup/velero.plan.ts";
import { certManager } from "../certificates/kubernetes.plan.ts";
import { debezium } from "../change-capture/debezium.plan.ts";
import { openCost } from "../cost/opencost.plan.ts";
import { lakeFs } from "../data-versions/lakefs.plan.ts";
import { strimzi } from "../events/strimzi.plan.ts";
import { feast } from "../feature-store/feast.plan.ts";
import { envoyGateway } from "../gateway/kubernetes.plan.ts";
import { devicePlugin, gpuOperator, managedGpu } from "../gpu/nvidia.plan.ts";
import { dex, existingOidc, keycloak, oauth2Proxy } from "../identity/identity.plan.ts";
import { valkey } from "../key-value/valkey.plan.ts";
import { polaris } from "../lake/polaris.plan.ts";
import { elastic } from "../logs/elastic.plan.ts";
import { loki } from "../logs/loki.plan.ts";
import { rabbitMq } from "../message-queue/rabbitmq.plan.ts";
import { kubePrometheusStack } from "../monitoring/kubernetes.plan.ts";
import { istio } from "../network/istio.plan.ts";
import { jupyterHub } from "../notebooks/jupyterhub.plan.ts";
import { tensorboard } from "../notebooks/tensorboard.plan.ts";
import { existingS3 } from "../object-store/existing-s3.plan.ts";
import { minio } from "../object-store/minio.plan.ts";
import { seaweedfs } from "../object-store/seaweedfs.plan.ts";
import { datadog, newRelic } from "../observability/hosted.plan.ts";
import { airflow } from "../orchestration/airflow.plan.ts";
import { kueue } from "../queue/kubernetes.plan.ts";
import { externalSecrets } from "../secrets/external-secrets.plan.ts";
import { knative } from "../serving/knative.plan.ts";
import { kserve } from "../serving/kserve.plan.ts";
import { runtime } from "../serving/kubernetes.plan.ts";
import { cloudNativePg } from "../sql/cloudnative-pg.plan.ts";
import { existingPostgres } from "../sql/existing-postgres.plan.ts";
import { optunaDashboard } from "../sweeps/optuna-dashboard.plan.ts";
import { openTelemetry } from "../telemetry/opentelemetry.plan.ts";
import { jaeger } from "../traces/jaeger.plan.ts";
import { tempo } from "../traces/tempo.plan.ts";
import { mlflow } from "../tracking/mlflow.plan.ts";
import { kuberay } from "../training/kuberay.plan.ts";
import { trainer } from "../training/trainer.plan.ts";
import type { Addon } from "./addon.plan.ts";

/** Every add-on that a platform can select, by its name in the config. */
export const addons = {
  "admission-policies": admissionPolicies,
  airflow,
  "cert-manager": certManager,
  "cloudnative-pg": cloudNativePg,
  datadog,
  debezium,
  dex,
  elastic,
  "envoy-gateway": envoyGateway,
  "existing-oidc": existingOidc,
  "existing-postgres": existingPostgres,
  "existing-s3": existingS3,
  "external-secrets": externalSecrets,
  feast,
  "gpu-operator": gpuOperator,
  istio,
  jaeger,
  jupyterhub: jupyterHub,
  keda,
  keycloak,
  knative,
  kserve,
  "kube-prometheus-stack": kubePrometheusStack,
  "kubeflow-trainer": trainer,
  kuberay,
  kueue,
  kyverno,
  lakefs: lakeFs,
  loki,
  "managed-gpu": managedGpu,
  minio,
  mlflow,
  "new-relic": newRelic,
  "nvidia-device-plugin": devicePlugin,
  "oauth2-proxy": oauth2Proxy,
  opencost: openCost,
  opentelemetry: openTelemetry,
  "optuna-dashboard": optunaDashboard,
  polaris,
  rabbitmq: rabbitMq,
  runtime,
  seaweedfs,
  strimzi,
  tempo,
  tensorboard,
  valkey,
  velero,
} as const satisfies Record<string, Addon>;
