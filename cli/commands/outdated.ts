import { catalog } from "@bedplate/components/catalog";
import { table } from "../api/table.plan.ts";
import { type ChartFinding, findOutdated } from "../outdated/outdated.ts";
import { Problem } from "../problem.ts";
import { showProgress } from "../progress.ts";
import { configuredMirror } from "../stack/stack.ts";

export interface OutdatedCommand {
  /** A stack whose `bedplate:chartMirror` is asked. */
  readonly stack?: string;
  /** A folder of charts or an `oci://` prefix, asked in place of the charts' own repositories. */
  readonly chartMirror?: string;
  /** Seconds that each repository has to answer. */
  readonly timeout: number;
  readonly json: boolean;
}

const longest = 600;

const status = (findings: readonly ChartFinding[]) => {
  const has = (state: ChartFinding["state"]) => findings.some((finding) => finding.state === state);
  return has("newer") ? 1 : has("unanswered") ? 2 : 0;
};

function describe(findings: readonly ChartFinding[]): string {
  const newer = findings.filter(({ state }) => state === "newer");
  const silent = findings.filter(({ state }) => state === "unanswered");
  const rows = newer.map(({ chart, pinned, newest, source }) => [chart, pinned, newest ?? "", source ?? ""]);
  const reasons = [...new Set(silent.map(({ reason }) => reason ?? ""))].map((reason) => {
    const charts = silent.filter((finding) => finding.reason === reason).map(({ chart }) => chart);
    return `  ${charts.join(", ")}: ${reason}`;
  });
  return [
    ...(newer.length === 0 ? [] : [table(["CHART", "PINNED", "NEWEST", "FROM"], rows), ""]),
    `${findings.length} charts: ${newer.length} have a newer version, ${silent.length} could not be looked up${silent.length === 0 ? "." : ":"}`,
    ...reasons,
  ].join("\n");
}

/**
 * `bedplate outdated`: which charts of the catalog have a newer version. The exit status is 1 when one has, 2 when none is
 * known to have but some could not be looked up, else 0.
 */
export async function outdated({ stack, chartMirror, timeout, json }: OutdatedCommand): Promise<void> {
  if (timeout < 1 || timeout > longest) throw new Problem(`--timeout is 1 to ${longest} seconds.`, 2);
  const mirror = chartMirror ?? (stack === undefined ? undefined : configuredMirror(stack));
  const findings = await showProgress("asking for newer charts", () =>
    findOutdated(catalog, { chartMirror: mirror, withinSeconds: timeout }),
  );
  console.log(json ? JSON.stringify(findings) : describe(findings));
  process.exitCode = status(findings);
}
