/** One package as the lock file pins it. */
export interface LockedPackage {
  /** Where it is put, such as `node_modules/zod`. */
  readonly place: string;
  readonly version: string;
  /** SPDX expression, as its maker wrote it; absent where none was written. */
  readonly licence?: string;
  /** Digest of its tarball. */
  readonly integrity?: string;
  readonly resolved?: string;
  /** Whether only the making of Bedplate needs it. */
  readonly dev: boolean;
  readonly optional: boolean;
}

type Entry = Readonly<Record<string, unknown>>;

const text = (value: unknown) => (typeof value === "string" ? value : undefined);

function read(place: string, entry: Entry): LockedPackage {
  const [licence, integrity, resolved] = [entry.license, entry.integrity, entry.resolved].map(text);
  return {
    place,
    version: text(entry.version) ?? "",
    ...(licence !== undefined && { licence }),
    ...(integrity !== undefined && { integrity }),
    ...(resolved !== undefined && { resolved }),
    dev: entry.dev === true || entry.devOptional === true,
    optional: entry.optional === true,
  };
}

/** The packages of others in a lock file of version 3, in its order; our own workspaces are left out. */
export function lockedPackages(lockfile: {
  readonly packages: Readonly<Record<string, Entry>>;
}): readonly LockedPackage[] {
  return Object.entries(lockfile.packages)
    .filter(([place, { link }]) => place.includes("node_modules/") && link !== true)
    .map(([place, entry]) => read(place, entry));
}
