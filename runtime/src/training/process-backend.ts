import { randomUUID } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { TrainingConnection } from "@bedplate/contract";
import { lockFolder } from "../store/folder-lock.ts";
import { createAttemptRunner } from "./attempt-runner.ts";
import type { BackendParts, TrainingBackend } from "./backend.ts";
import { resolveCommand } from "./job-command.ts";
import { searchPathOf } from "./job-environment.plan.ts";
import { jobPaths } from "./job-folder.ts";
import { openLog } from "./job-log.ts";

type ProcessConnection = Omit<Extract<TrainingConnection, { kind: "process" }>, "kind">;

/** Runs jobs as child processes, over a folder that one service owns. Throws while another one has it. */
export async function openProcessBackend(
  parts: BackendParts,
  connection: ProcessConnection,
): Promise<TrainingBackend> {
  await mkdir(connection.path, { recursive: true, mode: 0o700 });
  const lock = lockFolder(connection.path);
  const runner = await runnerOf(connection.path);
  const nodeFolder = dirname(process.execPath);
  return {
    runner,
    async check(spec) {
      const places = {
        programRoot: connection.programRoot,
        searchPath: searchPathOf(process.env, nodeFolder),
      };
      const resolved = await resolveCommand(spec, places);
      return [
        ...("problems" in resolved ? resolved.problems : []),
        ...(spec.cluster === undefined
          ? []
          : ["cluster: training runs as processes of the service's machine here; leave it out."]),
      ];
    },
    open: (url, wake) => createAttemptRunner({ ...parts, connection, runner, nodeFolder, url, wake }),
    log: ({ id }, attempt, tail) => openLog(jobPaths(connection.path, id, attempt).log, tail),
    close: lock.close,
  };
}

/** The name under which this folder's service runs jobs: it stays the same over restarts, so that it knows its own. */
async function runnerOf(folder: string): Promise<string> {
  const path = join(folder, "runner");
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    const runner = randomUUID();
    await writeFile(path, runner, { mode: 0o600 });
    return runner;
  }
}
