import { certManager } from "../certificates/kubernetes.plan.ts";
import { envoyGateway } from "../gateway/kubernetes.plan.ts";
import { valkey } from "../key-value/valkey.plan.ts";
import { kubePrometheusStack } from "../monitoring/kubernetes.plan.ts";
import { existingS3 } from "../object-store/existing-s3.plan.ts";
import { seaweedfs } from "../object-store/seaweedfs.plan.ts";
import { runtime } from "../serving/kubernetes.plan.ts";
import { cloudNativePg } from "../sql/cloudnative-pg.plan.ts";
import { existingPostgres } from "../sql/existing-postgres.plan.ts";
import type { Addon } from "./addon.plan.ts";

/** Every add-on that a platform can select, by its name in the config. */
export const addons = {
  "cert-manager": certManager,
  "cloudnative-pg": cloudNativePg,
  "envoy-gateway": envoyGateway,
  "existing-postgres": existingPostgres,
  "existing-s3": existingS3,
  "kube-prometheus-stack": kubePrometheusStack,
  runtime,
  seaweedfs,
  valkey,
} as const satisfies Record<string, Addon>;
