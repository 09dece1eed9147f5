import { z } from "zod";

/** A size of storage or memory, such as `20Gi`. */
export const quantity = z
  .string("a size such as 20Gi")
  .regex(/^[1-9][0-9]{0,6}(Mi|Gi|Ti)$/, "a size such as 20Gi");

/** A whole number in bounds, said in words. */
export const whole = (min: number, max: number) => {
  const allowed = `a whole number from ${min} to ${max}`;
  return z.int(allowed).min(min, allowed).max(max, allowed);
};

export const httpsUrl = z.url({ protocol: /^https$/, error: "an https:// address" });

/** Options of an add-on; unknown keys are errors. */
export const options = <const Shape extends z.ZodRawShape>(shape: Shape) =>
  z.strictObject(shape, {
    error: (issue) => (issue.code === "invalid_type" ? "a map of options, perhaps empty: {}" : undefined),
  });

/** Mebibytes of a quantity, to compare sizes with. */
export function mebibytes(size: string): number {
  const units: Readonly<Record<string, number>> = { Mi: 1, Gi: 1024, Ti: 1024 * 1024 };
  return Number(size.slice(0, -2)) * (units[size.slice(-2)] ?? 0);
}
