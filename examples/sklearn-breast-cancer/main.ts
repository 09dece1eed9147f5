/** Makes a virtual environment beside this file, then runs breast_cancer.py in it against the platform. */
import { execFile, spawn } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { ensureEnvironment } from "./environment.ts";

const lookUpTimeoutMs = 60_000;
const answerTimeoutMs = 10_000;

/** MLflow's own variables where they are set, else what `npx bedplate env` says of the platform started from this clone. */
async function trackingEnvironment(): Promise<{ readonly url: string; readonly token: string }> {
  const given = process.env.MLFLOW_TRACKING_URI === undefined ? await askCommandLine() : process.env;
  const { MLFLOW_TRACKING_URI: url, MLFLOW_TRACKING_TOKEN: token } = given;
  if (url !== undefined && token !== undefined) return { url: url.replace(/\/+$/, ""), token };
  throw new Error("MLFLOW_TRACKING_URI is set: set MLFLOW_TRACKING_TOKEN too.");
}

async function askCommandLine(): Promise<Record<string, string>> {
  const cwd = join(import.meta.dirname, "../..");
  const options = { cwd, timeout: lookUpTimeoutMs, shell: process.platform === "win32" };
  try {
    const { stdout } = await promisify(execFile)(
      "npx",
      ["--no-install", "bedplate", "env", "--json"],
      options,
    );
    return JSON.parse(stdout);
  } catch {
    throw new Error(
      "No platform to talk to: run `npm start` first, or set MLFLOW_TRACKING_URI and MLFLOW_TRACKING_TOKEN.",
    );
  }
}

/** Throws an error of one sentence when nothing answers, before a minute is spent on packages. */
async function checkAnswers(url: string): Promise<void> {
  const answer = await fetch(`${url}/livez`, { signal: AbortSignal.timeout(answerTimeoutMs) }).catch(
    () => undefined,
  );
  if (answer?.ok) return;
  const what = answer === undefined ? "does not answer" : `answers ${answer.status}`;
  throw new Error(
    `The platform at ${url} ${what}: \`npm start\` brings it up, \`npx bedplate status\` says how it is.`,
  );
}

async function run(): Promise<number> {
  const { url, token } = await trackingEnvironment();
  await checkAnswers(url);
  const python = await ensureEnvironment(import.meta.dirname);
  const program = join(import.meta.dirname, "breast_cancer.py");
  const env = {
    ...process.env,
    MLFLOW_TRACKING_URI: url,
    MLFLOW_TRACKING_TOKEN: token,
    MLFLOW_DISABLE_TELEMETRY: "true",
    MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT: "true",
    PYTHONUNBUFFERED: "1",
  };
  const child = spawn(python, [program, ...process.argv.slice(2)], { stdio: "inherit", env });
  return await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status) => resolve(status ?? 1));
  });
}

try {
  process.exitCode = await run();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
