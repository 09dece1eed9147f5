import { z } from "zod";

/** Which version of which registered model an address names. */
export const versionParams = z.object({
  name: z.string().min(1).max(512),
  version: z.coerce.number().int().min(1).max(1_000_000_000),
});
