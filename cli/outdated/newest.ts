import semver from "semver";

/** A version as charts and tags write it: perhaps with a `v`; a registry writes `_` where a version has `+`. */
const parse = (text: string) => semver.parse(text.replaceAll("_", "+"));

/** The word of a prerelease, such as `final`; empty for a release. */
const wordOf = (version: semver.SemVer) =>
  version.prerelease.filter((part) => typeof part === "string").join(".");

/**
 * The newest version that is newer than the pinned one; undefined where there is none. Previews do not count, unless
 * they carry the word that the pinned version carries, as some releases are named `3.6.1-final`.
 */
export function newest(pinned: string, published: readonly string[]): string | undefined {
  const own = parse(pinned);
  if (own === null) return undefined;
  const newer = published
    .flatMap((text) => {
      const version = parse(text);
      return version === null ? [] : [{ text, version }];
    })
    .filter(({ version }) =>
      wordOf(version) === "" ? version.prerelease.length === 0 : wordOf(version) === wordOf(own),
    )
    .filter(({ version }) => semver.compareBuild(version, own) > 0)
    .sort((a, b) => semver.compareBuild(b.version, a.version));
  return newer[0]?.text.replaceAll("_", "+");
}
