import type { LockedPackage } from "./lockfile.plan.ts";

/** Leave to use a package whose licence does not say by itself that it may be used. */
export interface LicenceException {
  /** Name of the package. */
  readonly name: string;
  /** What the licence really is, and where that stands. */
  readonly reason: string;
}

/** Whether an SPDX expression is met by the allowed licences. */
export type Satisfies = (expression: string, allowed: readonly string[]) => boolean;

const nameOf = ({ place }: LockedPackage) =>
  place.slice(place.lastIndexOf("node_modules/") + "node_modules/".length);
const called = (one: LockedPackage) => `${nameOf(one)}@${one.version}`;

function isAllowed(licence: string, allowed: readonly string[], satisfies: Satisfies): boolean {
  try {
    return satisfies(licence, allowed);
  } catch {
    return false;
  }
}

/** What runs in production under a licence that is not allowed, a sentence each. */
export function licenceProblems(
  packages: readonly LockedPackage[],
  allowed: readonly string[],
  exceptions: readonly LicenceException[],
  satisfies: Satisfies,
): readonly string[] {
  const excepted = new Set(exceptions.map(({ name }) => name));
  return packages
    .filter((one) => !one.dev && !excepted.has(nameOf(one)))
    .filter(({ licence }) => licence === undefined || !isAllowed(licence, allowed, satisfies))
    .map(
      (one) =>
        `${called(one)} is under ${one.licence ?? "no licence that it names"}: allowed are ${allowed.join(", ")}`,
    );
}

/** What is not pinned to bytes from the public registry, a sentence each. */
export function pinProblems(packages: readonly LockedPackage[]): readonly string[] {
  return packages.flatMap((one) => {
    const { integrity, resolved = "" } = one;
    if (resolved !== "" && !resolved.startsWith("https://registry.npmjs.org/"))
      return [`${called(one)} comes from ${resolved}`];
    // npm writes no digest for a package that this platform cannot install.
    if (integrity === undefined) return one.optional ? [] : [`${called(one)} has no digest in the lock file`];
    return /^sha512-/.test(integrity) ? [] : [`${called(one)} is pinned by ${integrity.split("-")[0]} alone`];
  });
}
