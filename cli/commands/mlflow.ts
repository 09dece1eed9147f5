import { copyServer } from "../mlflow/copy.ts";
import { credentialsOf, readAddress } from "../mlflow/credentials.plan.ts";
import { describeReport } from "../mlflow/report.ts";
import { openServer, reasonOf, type Server } from "../mlflow/server.ts";
import { Problem } from "../problem.ts";
import { showProgress } from "../progress.ts";
import { findPlatform } from "../stack/address.ts";
import type { StackOptions } from "../stack/stack.ts";

interface CopyCommand extends StackOptions {
  readonly dryRun: boolean;
  readonly concurrency: number;
  readonly json: boolean;
}

const concurrencyLimit = 16;

/** `bedplate import mlflow URI`: copies an MLflow server into the platform; a second time completes what broke off. */
export async function importMlflow(uri: string, options: CopyCommand): Promise<void> {
  await copy(openOther(uri), await openOurs(options), options);
}

/** `bedplate export mlflow URI`: the other way. */
export async function exportMlflow(uri: string, options: CopyCommand): Promise<void> {
  await copy(await openOurs(options), openOther(uri), options);
}

function openOther(uri: string): Server {
  const read = readAddress(uri);
  if ("problem" in read) throw new Problem(read.problem);
  const credentials = credentialsOf(process.env);
  if ("problem" in credentials) throw new Problem(credentials.problem);
  return openServer(read.address, credentials);
}

async function openOurs(options: StackOptions): Promise<Server> {
  const { url, token } = await findPlatform(options);
  return openServer(url, { authorization: `Bearer ${token}` });
}

async function copy(from: Server, to: Server, options: CopyCommand): Promise<void> {
  const { dryRun, concurrency } = options;
  if (concurrency < 1 || concurrency > concurrencyLimit)
    throw new Problem(`--concurrency ${concurrency} is not possible: 1 to ${concurrencyLimit}.`);
  if (from.address === to.address) throw new Problem(`${from.address} is both sides of the copy.`);
  const stop = new AbortController();
  const end = () => stop.abort();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, end);
  try {
    const report = await showProgress(`copying ${from.address} to ${to.address}`, (tell) =>
      copyServer(from, to, { dryRun, concurrency, signal: stop.signal, tell }),
    );
    console.log(options.json ? JSON.stringify(report) : describeReport(report));
    if (report.failed.count > 0) process.exitCode = 1;
  } catch (error) {
    if (stop.signal.aborted)
      throw new Problem("Stopped half way; run the same command again and it goes on from there.", 130);
    throw new Problem(`The copy ended: ${reasonOf(error)}`);
  } finally {
    for (const name of ["SIGINT", "SIGTERM"] as const) process.off(name, end);
  }
}
