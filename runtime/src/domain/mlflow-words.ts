import { Problem } from "./problem.ts";

/** Words that MLflow's clients and server agree on. */
export const runStatuses = ["RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"] as const;
export type RunStatus = (typeof runStatuses)[number];

export const loggedModelStatuses = [
  "LOGGED_MODEL_PENDING",
  "LOGGED_MODEL_READY",
  "LOGGED_MODEL_UPLOAD_FAILED",
] as const;
export type LoggedModelStatus = (typeof loggedModelStatuses)[number];

/** Stages of old clients; aliases have taken their place. */
export const stages = ["None", "Staging", "Production", "Archived"] as const;
export type Stage = (typeof stages)[number];

/** An experiment's id as clients write it. */
export function parseExperimentId(id: string): number {
  if (!/^\d{1,15}$/.test(id)) {
    throw new Problem(
      "INVALID_REQUEST",
      `Invalid experiment ID '${id.slice(0, 100)}'. Experiment ID must be a valid integer.`,
    );
  }
  return Number(id);
}
