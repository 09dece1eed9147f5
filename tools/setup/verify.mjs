import { appendFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { npmCommand, root, runChild, SetupError } from "./child.mjs";
import { ensureConsole } from "./console.mjs";
import { countReport, countsLine, sumCounts } from "./counts.plan.mjs";
import { elapsed, say, withProgress } from "./progress.mjs";

/** @typedef {import("./counts.plan.mjs").Counts} Counts */

const checks = {
  lint: "format and lint",
  typecheck: "types",
  imports: "import directions and cycles",
  unused: "unused files, exports and dependencies",
};

/** Suites that `npm test` runs, in order; the others have a script `test:<suite>` each. */
const quickSuites = ["unit", "engine", "spine", "verify"];

/** Brings an engine here, so that no test has to. */
async function ensureEngine() {
  const { findEngine } = await import("../engine/index.ts");
  const started = Date.now();
  const engine = await withProgress("looking for a Pulumi engine", (tell) =>
    findEngine({ onProgress: tell }),
  ).catch((error) => {
    throw new SetupError(error instanceof Error ? error.message : String(error));
  });
  say(`Pulumi ${engine.version} (${engine.source}: ${engine.command}), ${elapsed(Date.now() - started)}`);
}

/**
 * Brings a control plane and the Kubernetes provider here, and says what they are. Answers false, and says why, where
 * they are not and could not be built for want of Go.
 */
async function ensureCluster() {
  const { ensureProvider, findControlPlane, NoGo } = await import("../cluster/index.ts");
  const { pulumiHome } = await import("../engine/index.ts");
  const started = Date.now();
  try {
    const { plane, provider } = await withProgress("looking for a Kubernetes control plane", async (tell) => {
      const plane = await findControlPlane(tell);
      return { plane, provider: await ensureProvider(pulumiHome(), tell) };
    });
    const time = elapsed(Date.now() - started);
    say(`Kubernetes control plane (${plane.source}: ${plane.bin}); ${provider.note}; ${time}`);
    return true;
  } catch (error) {
    if (!(error instanceof NoGo))
      throw new SetupError(error instanceof Error ? error.message : String(error));
    say(`skipped: the test cluster is built from source, and ${error.message}`);
    return false;
  }
}

/**
 * @param {string} script
 * @param {string} what
 * @returns {Promise<Counts>}
 */
async function check(script, what) {
  const started = Date.now();
  const [command = "npm", ...first] = npmCommand();
  const { status, output } = await runChild(command, [...first, "run", "-s", script]);
  say(`${status === 0 ? "✓" : "✗"} ${what} (${elapsed(Date.now() - started)})`);
  if (status !== 0) say(output);
  return { passed: status === 0 ? 1 : 0, failed: status === 0 ? 0 : 1, skipped: 0 };
}

/**
 * Runs suites of vitest, output passed through.
 * @param {readonly string[]} suites
 * @param {readonly string[]} args Passed on to vitest.
 * @returns {Promise<Counts>}
 */
async function runSuites(suites, args) {
  const folder = mkdtempSync(join(tmpdir(), "bedplate-test-"));
  const report = join(folder, "report.json");
  try {
    const projects = suites.flatMap((suite) => ["--project", suite]);
    const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
    const vitest = join(root, "node_modules/vitest/vitest.mjs");
    const command = [vitest, "run", "--passWithNoTests", ...projects, ...reporters, ...args];
    const { status } = await runChild(process.execPath, command, { show: true });
    const counts = countReport(JSON.parse(readFileSync(report, "utf8")));
    return status !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
  } catch (error) {
    say(`vitest wrote no report: ${error instanceof Error ? error.message : String(error)}`);
    return { passed: 0, failed: 1, skipped: 0 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {Counts} counts */
function finish(counts) {
  const file = process.env.TEST_COUNTS_FILE;
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(counts)}\n`);
  console.log(countsLine(counts));
  return counts.failed === 0 ? 0 : 1;
}

/**
 * `npm test`: the checks of the sources, then the suites that need nothing but this machine.
 * @param {readonly string[]} args Passed on to vitest.
 */
export async function verify(args) {
  await ensureConsole();
  await ensureEngine();
  const counts = await withProgress("checking the sources", () =>
    Promise.all(Object.entries(checks).map(([script, what]) => check(script, what))),
  );
  counts.push(await runSuites(quickSuites, args));
  return finish(sumCounts(counts));
}

/**
 * `npm run test:<suite>`: one of the suites that need something more.
 * @param {string} suite
 * @param {readonly string[]} args Passed on to vitest.
 */
export async function verifySuite(suite, args) {
  await ensureConsole();
  await ensureEngine();
  if (suite === "cluster" && !(await ensureCluster())) return finish({ passed: 0, failed: 0, skipped: 1 });
  return finish(await runSuites([suite], args));
}
