import type { Migration } from "kysely/migration";
import { up as tracking } from "./0001-tracking.ts";
import { up as registry } from "./0002-registry.ts";
import { up as operations } from "./0003-operations.ts";
import { up as governance } from "./0004-governance.ts";
import { up as webhooks } from "./0005-webhooks.ts";
import { up as uploads } from "./0006-uploads.ts";
import { up as lineage } from "./0007-lineage.ts";
import { up as search } from "./0009-search.ts";
import { up as webhookSince } from "./0010-webhook-since.ts";
import { up as teams } from "./0011-teams.ts";
import { up as traces } from "./0012-traces.ts";
import { up as idempotency } from "./0013-idempotency.ts";
import { up as versionFiles } from "./0014-version-files.ts";
import { up as modelProfiles } from "./0015-model-profiles.ts";
import { up as rollouts } from "./0016-rollouts.ts";
import { up as predictionLabels } from "./0017-prediction-labels.ts";
import { up as clusterJobs } from "./0018-cluster-jobs.ts";
import { up as searchCover } from "./0019-search-cover.ts";

/** In order; a migration that has been released is never edited. */
export const migrations: Record<string, Migration> = {
  "0001-tracking": { up: tracking },
  "0002-registry": { up: registry },
  "0003-operations": { up: operations },
  "0004-governance": { up: governance },
  "0005-webhooks": { up: webhooks },
  "0006-uploads": { up: uploads },
  "0007-lineage": { up: lineage },
  "0009-search": { up: search },
  "0010-webhook-since": { up: webhookSince },
  "0011-teams": { up: teams },
  "0012-traces": { up: traces },
  "0013-idempotency": { up: idempotency },
  "0014-version-files": { up: versionFiles },
  "0015-model-profiles": { up: modelProfiles },
  "0016-rollouts": { up: rollouts },
  "0017-prediction-labels": { up: predictionLabels },
  "0018-cluster-jobs": { up: clusterJobs },
  "0019-search-cover": { up: searchCover },
};
