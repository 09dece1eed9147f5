import { z } from "zod";

/** The files of a registered version. Their paths, digests and sizes never change once they are pinned. */
export const versionFiles = z.strictObject({
  model: z.string(),
  version: z.int(),
  /** False only while a version that was registered without files has not been named, approved or signed. */
  pinned: z.boolean(),
  /** In order of their paths, at most 10,000. */
  files: z.array(
    z.strictObject({
      /** Below the version's folder. */
      path: z.string(),
      /** SHA-256 in hex. */
      digest: z.string(),
      /** Bytes. */
      size: z.int(),
    }),
  ),
  /** Whether there are more files than are listed. */
  truncated: z.boolean(),
});
export type VersionFiles = z.infer<typeof versionFiles>;
