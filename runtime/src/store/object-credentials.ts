import { readFile, stat } from "node:fs/promises";
import { z } from "zod";
import { Problem } from "../domain/problem.ts";
import { isPrivate } from "../ops/private-file.ts";

const credentials = z.strictObject({
  accessKeyId: z.string().min(1),
  secretAccessKey: z.string().min(1),
  sessionToken: z.string().min(1).optional(),
});

/** Google's own format, which has more fields than are looked at here. */
const googleCredentials = z.discriminatedUnion("type", [
  z.looseObject({
    type: z.literal("service_account"),
    client_email: z.string().min(1),
    private_key: z.string().min(1),
  }),
  z.looseObject({ type: z.literal("external_account") }),
]);

/**
 * Reads an object store's keys. Throws a `Problem` that names the file but none of what is in it, when it cannot be
 * read, when others than its owner may read it, or when it is not the JSON that was asked for.
 */
export async function readObjectCredentials(path: string) {
  const example = '{"accessKeyId": "…", "secretAccessKey": "…"}';
  const { sessionToken, ...keys } = await readKeys(path, credentials, example);
  return { ...keys, ...(sessionToken !== undefined && { sessionToken }) };
}

/** Checks a file of Google credentials as `readObjectCredentials` does, before Google's client reads it. */
export async function checkGoogleCredentials(path: string): Promise<void> {
  await readKeys(
    path,
    googleCredentials,
    '{"type": "service_account", "client_email": "…", "private_key": "…"}',
  );
}

async function readKeys<Keys>(path: string, schema: z.ZodType<Keys>, example: string): Promise<Keys> {
  const refuse = (why: string) =>
    new Problem("UNAVAILABLE", `The file of the object store's keys, ${path}, ${why}`);
  const [text, facts] = await Promise.all([readFile(path, "utf8"), stat(path)]).catch((error: unknown) => {
    throw refuse(`cannot be read (${error instanceof Error && "code" in error ? error.code : "unknown"}).`);
  });
  if (!isPrivate(facts)) throw refuse(`may be read by others; allow its owner only: chmod 600 ${path}`);
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    throw refuse(`must be JSON such as ${example}.`);
  }
}
