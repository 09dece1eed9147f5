import semver from "semver";

/**
 * The oldest engine that is used. It is the one that a build from source gives, so every check of this repository runs
 * against it; an older one may lack protocol that the SDK of package.json speaks.
 */
export const minimumVersion = "3.259.0";

/** The version that `go.mod` pins: what a build from source gives. */
export const builtVersion = "3.259.0";

/** Whether an engine of this version can be used: at least the minimum, and of the same major version as the SDK. */
export function isUsable(version: string): boolean {
  return semver.satisfies(version, `^${minimumVersion}`);
}

/** The version in what `pulumi version` prints, if there is one. */
export function readVersion(output: string): string | undefined {
  return semver.valid(semver.clean(output.trim())) ?? undefined;
}

/** Folder names that are usable versions, newest first. */
export function usableVersions(names: readonly string[]): string[] {
  return semver.rsort(names.filter((name) => semver.valid(name) === name && isUsable(name)));
}
