import type { LicenceException } from "./checks.plan.ts";

/** Licences under which a production dependency may be: permissive, or attribution alone. */
export const allowedLicences: readonly string[] = [
  "0BSD",
  "Apache-2.0",
  "BlueOak-1.0.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "CC-BY-3.0",
  "CC0-1.0",
  "ISC",
  "MIT",
  "PostgreSQL",
  "Python-2.0",
  "Unlicense",
];

export const licenceExceptions: readonly LicenceException[] = [
  { name: "@logdna/tail-file", reason: "MIT, in its file LICENSE; comes with @pulumi/pulumi" },
];
