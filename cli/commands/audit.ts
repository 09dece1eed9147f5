import { createHash } from "node:crypto";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import { type AuditEntry, type AuditVerdict, auditEnds, auditEntry, verifyAudit } from "@bedplate/contract";
import { Problem } from "../problem.ts";
import { readStatus } from "../stack/platform.ts";
import { openLocalStack, type StackOptions } from "../stack/stack.ts";
import { readToken } from "./env.ts";

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
/** Time for the whole log to arrive. */
const timeoutMs = 600_000;
const pageSize = 1_000;

/**
 * `bedplate audit verify`: reads the whole audit log of a running platform, computes every hash anew, and compares it
 * with the anchors in the object store. The exit status is 1 when an entry is bad.
 */
export async function auditVerify(options: StackOptions & { readonly json: boolean }): Promise<void> {
  const { url, tokenFile } = await readStatus(openLocalStack(options));
  const verdict = await judgeAudit(url, readToken(tokenFile));
  console.log(
    options.json ? JSON.stringify({ ok: verdict.problem === null, ...verdict }) : describe(verdict),
  );
  if (verdict.problem !== null) process.exitCode = 1;
}

/** Verifies the audit log of the platform at an address. */
export async function judgeAudit(url: string, token: string): Promise<AuditVerdict> {
  const ask = asker(`${url}/api/bedplate/v1/audit`, token);
  const readEnds = async () => auditEnds.parse(await (await ask("/head", "application/json")).json());
  const ends = await readEnds();
  const { body } = await ask(`?limit=${pageSize}`, "application/x-ndjson");
  if (body === null) throw new Problem("The platform's audit log has no content.");
  const headAfter = async () => (await readEnds()).head;
  return await verifyAudit({ entries: readEntries(body), ends, headAfter }, sha256);
}

function asker(address: string, token: string) {
  const signal = AbortSignal.timeout(timeoutMs);
  return async (path: string, accept: string): Promise<Response> => {
    const headers = { authorization: `Bearer ${token}`, accept };
    const answer = await fetch(address + path, { headers, signal });
    if (answer.ok) return answer;
    throw new Problem(`The platform answered ${answer.status} to a question about its audit log.`);
  };
}

async function* readEntries(body: ReadableStream): AsyncGenerator<AuditEntry> {
  for await (const line of createInterface({ input: Readable.fromWeb(body) })) {
    const entry = auditEntry.safeParse(JSON.parse(line));
    if (!entry.success) throw new Problem(`The log has a line that is no entry: ${line.slice(0, 200)}`);
    yield entry.data;
  }
}

/** A verdict in sentences. */
function describe({ entries, head, anchored, problem }: AuditVerdict): string {
  if (problem !== null) {
    const before =
      problem.sequence > 1 ? ` Entries 1 to ${problem.sequence - 1} go on from one another.` : "";
    return `Entry ${problem.sequence} of the audit log is bad: ${problem.reason}.${before}`;
  }
  const vouched =
    anchored === null
      ? "No anchor outside the database vouches for it yet."
      : `Anchors outside the database vouch for entries 1 to ${anchored}.`;
  return `The audit log is whole: ${entries} entries, the last with hash ${head.hash}. ${vouched}`;
}
