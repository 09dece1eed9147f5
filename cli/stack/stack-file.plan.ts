import { z } from "zod";

/** What of a `Pulumi.<stack>.yaml` matters here; the engine checks the rest. */
export const stackFile = z.looseObject({
  config: z.record(z.string(), z.unknown()).nullish(),
  encryptionsalt: z.string().optional(),
});
export type StackFile = z.infer<typeof stackFile>;

const hasSecrets = (value: unknown): boolean =>
  typeof value === "object" &&
  value !== null &&
  ("secure" in value || Object.values(value).some((child) => hasSecrets(child)));

/**
 * The config that the engine works with: the committed file's, with the salt of this data folder's passphrase, so that
 * the committed file never has to carry one. A salt that is committed counts only where secrets depend on it.
 * @param committed The file under version control.
 * @param salt The salt that the engine made for this data folder; absent before the stack exists.
 * @param overrides Config keys whose values were given on the command line.
 */
export function effectiveStackFile(
  committed: StackFile,
  salt: string | undefined,
  overrides: Readonly<Record<string, string>>,
): StackFile {
  const { encryptionsalt: committedSalt, ...rest } = committed;
  const kept = hasSecrets(committed.config) ? (committedSalt ?? salt) : salt;
  return {
    ...rest,
    config: { ...committed.config, ...overrides },
    ...(kept !== undefined && { encryptionsalt: kept }),
  };
}
