import { z } from "zod";
import { role } from "./team.ts";

/** What this installation is, for the console and for people. */
export const platformInfo = z.strictObject({
  release: z.string(),
  stack: z.string(),
  owner: z.string(),
  environment: z.string(),
  startedAt: z.int(),
  counts: z.strictObject({
    experiments: z.int(),
    runs: z.int(),
    models: z.int(),
    servedModels: z.int(),
    activeJobs: z.int(),
  }),
});
export type PlatformInfo = z.infer<typeof platformInfo>;

/** Who the caller is. */
export const identityInfo = z.strictObject({
  name: z.string(),
  scopes: z.array(z.string()),
  /** Null for a program: a training job, or the ticket of an upload. */
  role: role.nullable(),
  /** Null for the whole platform. */
  team: z.string().nullable(),
});
export type IdentityInfo = z.infer<typeof identityInfo>;

/** Layout version of a data folder; a folder with another one is refused. */
export const dataFolderVersion = 1;
