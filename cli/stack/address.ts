import { readToken } from "../commands/env.ts";
import { readStatus } from "./platform.ts";
import { openLocalStack, type StackOptions } from "./stack.ts";

/** Where a platform is, and the token that its commands show. */
export interface PlatformAddress {
  readonly url: string;
  readonly token: string;
}

/** The platform that BEDPLATE_URL and BEDPLATE_TOKEN name, as `bedplate env` prints them, or else the stack's. */
export async function findPlatform(options: StackOptions): Promise<PlatformAddress> {
  const { BEDPLATE_URL: url, BEDPLATE_TOKEN: token } = process.env;
  if (url && token) return { url: url.replace(/\/+$/, ""), token };
  const status = await readStatus(openLocalStack(options));
  return { url: status.url, token: readToken(status.tokenFile) };
}
