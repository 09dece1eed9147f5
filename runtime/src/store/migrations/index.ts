import type { Migration } from "kysely/migration";
import * as tracking from "./0001-tracking.ts";
import * as registry from "./0002-registry.ts";
import * as operations from "./0003-operations.ts";
import * as governance from "./0004-governance.ts";
import * as webhooks from "./0005-webhooks.ts";
import * as uploads from "./0006-uploads.ts";
import * as lineage from "./0007-lineage.ts";
import * as search from "./0009-search.ts";

/** In order; a migration that has been released is never edited. */
export const migrations: Record<string, Migration> = {
  "0001-tracking": tracking,
  "0002-registry": registry,
  "0003-operations": operations,
  "0004-governance": governance,
  "0005-webhooks": webhooks,
  "0006-uploads": uploads,
  "0007-lineage": lineage,
  "0009-search": search,
};
