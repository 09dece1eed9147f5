import { readFile, stat } from "node:fs/promises";
import { z } from "zod";
import { Problem } from "../domain/problem.ts";
import { isPrivate } from "../ops/private-file.ts";

const credentials = z.strictObject({
  accessKeyId: z.string().min(1),
  secretAccessKey: z.string().min(1),
  sessionToken: z.string().min(1).optional(),
});

/**
 * Reads an object store's keys. Throws a `Problem` that names the file but none of what is in it, when it cannot be
 * read, when others than its owner may read it, or when it is not the JSON that was asked for.
 */
export async function readObjectCredentials(path: string) {
  const refuse = (why: string) =>
    new Problem("UNAVAILABLE", `The file of the object store's keys, ${path}, ${why}`);
  const [text, facts] = await Promise.all([readFile(path, "utf8"), stat(path)]).catch((error: unknown) => {
    throw refuse(`cannot be read (${error instanceof Error && "code" in error ? error.code : "unknown"}).`);
  });
  if (!isPrivate(facts)) throw refuse(`may be read by others; allow its owner only: chmod 600 ${path}`);
  const { sessionToken, ...keys } = parse(text, refuse);
  return { ...keys, ...(sessionToken !== undefined && { sessionToken }) };
}

function parse(text: string, refuse: (why: string) => Problem): z.infer<typeof credentials> {
  try {
    return credentials.parse(JSON.parse(text));
  } catch {
    throw refuse('must be JSON such as {"accessKeyId": "…", "secretAccessKey": "…"}.');
  }
}
