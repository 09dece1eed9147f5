import { execa } from "execa";
import { repositoryRoot } from "../engine/index.ts";

const auditWithinMs = 60_000;

/** Known advisories in production dependencies, by severity; what kept the registry from answering otherwise. */
export type Advisories =
  | { readonly high: number; readonly critical: number }
  | { readonly unreachable: string };

/** Asks the registry for advisories about the production dependencies. A mirror may not offer that. */
export async function advisories(): Promise<Advisories> {
  const { stdout } = await execa("npm", ["audit", "--omit=dev", "--json"], {
    cwd: repositoryRoot,
    timeout: auditWithinMs,
    reject: false,
    maxBuffer: 64 * 1024 * 1024,
  });
  const report: { message?: string; metadata?: { vulnerabilities?: { high: number; critical: number } } } =
    stdout === "" ? {} : JSON.parse(stdout);
  const counts = report.metadata?.vulnerabilities;
  if (counts === undefined) return { unreachable: report.message?.split(" - ")[0] ?? "no answer" };
  return { high: counts.high, critical: counts.critical };
}
