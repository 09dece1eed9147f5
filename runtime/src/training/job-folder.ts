import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { z } from "zod";
import { type AttemptOutcome, attemptOutcome } from "./outcome.ts";
import { type ProcessRecord, processRecord } from "./process-identity.ts";

/** Where a job's files are: one folder a job, one folder in it an attempt. */
export function jobPaths(root: string, jobId: string, attempt: number) {
  const job = join(root, jobId);
  const folder = join(job, String(attempt));
  return {
    job,
    folder,
    /** The process that runs the job's present attempt; whoever destroys the stack ends what is named here. */
    process: join(job, "process.json"),
    log: join(folder, "log.txt"),
    exit: join(folder, "exit.json"),
  };
}
export type JobPaths = ReturnType<typeof jobPaths>;

/** The shim of an attempt; null when there is no record or it is of another attempt. */
export async function readProcess(paths: JobPaths, attempt: number): Promise<ProcessRecord | null> {
  const record = await readRecord(paths.process, processRecord);
  return record?.attempt === attempt ? record : null;
}

/** How an attempt ended, as its shim wrote it; null when it did not. */
export async function readOutcome(paths: JobPaths): Promise<AttemptOutcome | null> {
  return await readRecord(paths.exit, attemptOutcome);
}

export async function forgetProcess(paths: JobPaths): Promise<void> {
  await rm(paths.process, { force: true });
}

/** Shims write records whole or not at all, so one that cannot be read is one that is not there. */
async function readRecord<T extends z.ZodType>(path: string, schema: T): Promise<z.output<T> | null> {
  try {
    return schema.parse(JSON.parse(await readFile(path, "utf8")));
  } catch {
    return null;
  }
}
