import { z } from "zod";

export const path = z.string().min(1).max(4096).startsWith("/", "an absolute path");
export const label = z
  .string()
  .regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, "lower-case letters, digits and dashes, at most 63");
export const count = (max: number) => z.int().min(1).max(max);
export const milliseconds = (max: number) => z.int().min(1).max(max);
export const bytes = (max: number) => z.int().min(1).max(max);

export const mebibyte = 1024 * 1024;
export const gibibyte = 1024 * mebibyte;
export const hour = 3_600_000;
