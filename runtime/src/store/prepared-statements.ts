import { createHash } from "node:crypto";
import type pg from "pg";

type NameOf = (text: string) => string | undefined;

/**
 * Has a connection keep statements that write, parsed and planned, once they have come twice: for PostgreSQL that is half
 * the work of one that writes a run. The driver prepares what has a name, on each connection by itself.
 */
export function keepStatements(client: pg.ClientBase, nameOf: NameOf): void {
  const send: (...args: unknown[]) => unknown = client.query.bind(client);
  const query = (first: unknown, ...rest: unknown[]) => {
    const [values] = rest;
    if (typeof first !== "string" || !Array.isArray(values)) return send(first, ...rest);
    return send({ name: nameOf(first), text: first, values });
  };
  Object.assign(client, { query });
}

/** Statements that came once are remembered, as many for each place; then all of them are forgotten. */
const candidates = 10;

/** Names by which statements are kept; undefined for those that are not. */
export function statementNames(limit: number): NameOf {
  const names = new Map<string, string>();
  const seenOnce = new Set<string>();
  return (text) => {
    const name = names.get(text);
    if (name !== undefined || names.size >= limit || !isKept(text)) return name;
    if (!seenOnce.delete(text)) {
      if (seenOnce.size >= limit * candidates) seenOnce.clear();
      seenOnce.add(text);
      return undefined;
    }
    // By its text: behind a pooler two processes may meet on one connection, and must never mean different statements.
    const made = `bedplate_${createHash("sha256").update(text).digest("hex").slice(0, 32)}`;
    names.set(text, made);
    return made;
  };
}

/**
 * Statements that read are planned with their values, because how a search is best answered depends on them. One that
 * returns every column would fail for good once another release has added one to the table.
 */
function isKept(text: string): boolean {
  const isWrite =
    /^\s*(with|insert|update|delete)\b/.test(text) && /\b(insert into|update|delete from)\b/.test(text);
  return isWrite && !/\breturning \*/.test(text);
}
