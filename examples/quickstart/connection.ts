import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { Failure } from "./http.ts";

/** Where the platform is, and the token that opens it. */
export interface Connection {
  readonly url: string;
  readonly token: string;
}

const lookUpTimeoutMs = 60_000;

/**
 * Reads BEDPLATE_URL and BEDPLATE_TOKEN (or BEDPLATE_TOKEN_FILE) from the environment; where they are not set, asks
 * `npx bedplate env` for the platform that was started from this clone. Throws a `Failure` if there is none.
 */
export async function findConnection(): Promise<Connection> {
  const { BEDPLATE_URL: url, BEDPLATE_TOKEN: token, BEDPLATE_TOKEN_FILE: file } = process.env;
  if (url === undefined) return await askCommandLine();
  if (token !== undefined && token !== "") return { url: withoutSlash(url), token };
  if (file === undefined)
    throw new Failure("BEDPLATE_URL is set: set BEDPLATE_TOKEN or BEDPLATE_TOKEN_FILE too.");
  const content = await readFile(file, "utf8").catch((error: Error) => {
    throw new Failure(`The token file named by BEDPLATE_TOKEN_FILE cannot be read: ${error.message}.`);
  });
  return { url: withoutSlash(url), token: content.trim() };
}

async function askCommandLine(): Promise<Connection> {
  const cwd = join(import.meta.dirname, "../..");
  const options = { cwd, timeout: lookUpTimeoutMs, shell: process.platform === "win32" };
  const none = "No platform to talk to: run `npm start` first, or set BEDPLATE_URL and BEDPLATE_TOKEN.";
  try {
    const { stdout } = await promisify(execFile)(
      "npx",
      ["--no-install", "bedplate", "env", "--json"],
      options,
    );
    const { BEDPLATE_URL: url, BEDPLATE_TOKEN: token } = JSON.parse(stdout);
    if (typeof url === "string" && typeof token === "string") return { url: withoutSlash(url), token };
  } catch {
    throw new Failure(none);
  }
  throw new Failure(none);
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, "");
}
