/** The most that a list of versions may have, in bytes. */
const bodyLimit = 32 * 1024 * 1024;

const reasonOf = (error: unknown) => {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(cause instanceof Error)) return String(cause);
  const code = "code" in cause ? String(cause.code) : "";
  return cause.message === "" ? code : (cause.message.split("\n")[0] ?? code);
};

/** Asks an address within a time. Throws an `Error` whose message says in words why there is no answer. */
export async function ask(
  url: string,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<Response> {
  try {
    return await fetch(url, { headers, signal });
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw new Error(`${new URL(url).host} cannot be reached (${reasonOf(error)})`);
  }
}

/** The text of an answer. Throws where it is longer than 32 MiB or breaks off. */
export async function textOf(answer: Response, signal: AbortSignal): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const part of answer.body ?? []) {
      size += part.length;
      if (size > bodyLimit) throw new Error(`it is longer than ${bodyLimit / 1024 / 1024} MiB`);
      parts.push(part);
    }
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw new Error(`${new URL(answer.url).host} did not answer to its end (${reasonOf(error)})`);
  }
  return Buffer.concat(parts).toString("utf8");
}
