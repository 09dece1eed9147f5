import { z } from "zod";

/** The stack outputs of a platform. `version` rises with any change that an older reader would not understand. */
export const platformOutputs = z.strictObject({
  version: z.literal(1),
  stack: z.string().min(1),
  /** Version of the platform that made the stack. */
  release: z.string().regex(/^\d+\.\d+\.\d+/),
  url: z.url({ protocol: /^https?$/ }),
  /** Host and port of the gRPC surface; null where there is none. */
  grpcAddress: z.string().min(1).nullable().default(null),
  /** File of mode 0600 that holds the administrator's token. */
  tokenFile: z.string().min(1),
  dataDir: z.string().min(1),
  /** Process number of the runtime. */
  pid: z.int().min(1),
});
export type PlatformOutputs = z.infer<typeof platformOutputs>;
