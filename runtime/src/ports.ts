import type { Settings } from "@bedplate/contract";
import type { AuditAnchors } from "./domain/audit-anchors.ts";
import type { Predictions } from "./events/predictions.ts";
import type { Webhooks } from "./events/webhooks.ts";
import type { ModelHost } from "./inference/model-host.ts";
import type { Metrics } from "./ops/metrics.ts";
import type { ArtifactCollector } from "./store/artifact-collector.ts";
import type { ArtifactStore } from "./store/artifact-store.ts";
import type { AuditLog } from "./store/audit-log.ts";
import type { IdempotencyStore } from "./store/idempotency-store.ts";
import type { IdentityStore } from "./store/identity-store.ts";
import type { TokenStore } from "./store/identity-token-store.ts";
import type { LineageStore } from "./store/lineage-store.ts";
import type { ModelCardStore } from "./store/model-card-store.ts";
import type { RecentCallers } from "./store/recent-callers.ts";
import type { RegistryStore } from "./store/registry-store.ts";
import type { RolloutCountStore } from "./store/rollout-count-store.ts";
import type { RolloutStore } from "./store/rollout-store.ts";
import type { SignatureStore } from "./store/signature-store.ts";
import type { TeamGuard } from "./store/team-guard.ts";
import type { TeamStore } from "./store/team-store.ts";
import type { TrackingStore } from "./store/tracking-store.ts";
import type { UploadStore } from "./store/upload-store.ts";
import type { Dispatcher } from "./training/dispatcher.ts";

/** All that the HTTP surface works with; `main.ts` makes the real ones, tests make theirs. */
export interface Ports {
  readonly settings: Settings;
  readonly clock: () => number;
  readonly metrics: Metrics;
  readonly identities: IdentityStore;
  readonly callers: RecentCallers;
  readonly idempotency: IdempotencyStore;
  readonly tokens: TokenStore;
  readonly teams: TeamStore;
  readonly guard: TeamGuard;
  readonly artifacts: ArtifactStore;
  readonly uploads: UploadStore;
  readonly collector: ArtifactCollector;
  readonly tracking: TrackingStore;
  readonly registry: RegistryStore;
  readonly rollouts: RolloutStore;
  readonly rolloutCounts: RolloutCountStore;
  readonly audit: { readonly log: AuditLog; readonly anchors: AuditAnchors };
  readonly signatures: SignatureStore;
  readonly lineage: LineageStore;
  readonly cards: ModelCardStore;
  readonly models: ModelHost;
  readonly predictions: Predictions;
  readonly training: Dispatcher;
  readonly webhooks: Webhooks;
  /** What keeps the service from doing its work, a sentence each; empty when it is ready. */
  readonly obstacles: () => Promise<readonly string[]>;
  /** Brings the gauges up to date, just before they are read. */
  readonly measure: () => Promise<void>;
}
