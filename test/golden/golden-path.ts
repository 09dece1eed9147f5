import { join } from "node:path";

/** The golden file of a reference stack. */
export const goldenPath = (stack: string) => join(import.meta.dirname, `${stack}.yaml`);
