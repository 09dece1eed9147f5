import type { Stats } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { Problem } from "../domain/problem.ts";
import { isPrivate } from "./private-file.ts";

const shortestToken = 32;

/**
 * Reads the administrator's token. Throws a `Problem` when the file cannot be read, when others than its owner may
 * read it, or when it holds fewer than 32 characters: the service never starts with a token that can be guessed.
 */
export async function readAdminToken(path: string): Promise<string> {
  const refuse = (why: string) => new Problem("UNAVAILABLE", `The token file ${path} ${why}`);
  let text: string;
  let facts: Stats;
  try {
    text = (await readFile(path, "utf8")).trim();
    facts = await stat(path);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : "unknown";
    throw refuse(`cannot be read (${code}); delete it, and the next start makes a new one.`);
  }
  if (!isPrivate(facts)) throw refuse(`may be read by others; allow its owner only: chmod 600 ${path}`);
  if (text.length < shortestToken) {
    throw refuse(
      `holds ${text.length} characters, fewer than ${shortestToken}; delete it, and the next start makes a new one.`,
    );
  }
  return text;
}
