import type { VersionSignature } from "@bedplate/contract";
import type { Selectable } from "kysely";
import { type KeyRing, verifyBundle } from "../domain/model-signature.ts";
import { Problem } from "../domain/problem.ts";
import type { LineageTables } from "./lineage-tables.ts";
import type { SigningKeys } from "./signing-keys.ts";
import { manifestOf, type VersionFile, versionFilesLimit } from "./version-files.ts";

type Row = Selectable<LineageTables["model_signatures"]>;

const namesLimit = 5;

export const tooMany = `The version has more than ${versionFilesLimit} files, which is the most that is signed.`;

/** Null when the platform can sign these files. */
export function whyNotSigned(keys: SigningKeys, files: readonly VersionFile[] | null): string | null {
  if (keys.own === null) return "The platform has no signing key; set signing.keyFile.";
  if (files === null) return tooMany;
  return files.length === 0 ? "The version has no files to sign." : null;
}

/** Holds a stored signature against the files that a version has now; null stands for too many of them. */
export function judge(
  row: Row,
  files: readonly VersionFile[] | null,
  corrupt: readonly string[],
  trusted: KeyRing,
): VersionSignature {
  const base = {
    keyId: row.key_id,
    origin: row.origin,
    createdBy: row.created_by,
    createdAt: row.created_at,
  };
  if (files === null)
    return { ...base, valid: false, problems: [tooMany], added: [], removed: [], changed: [] };
  const { problems, added, removed, changed } = verifyBundle(row.bundle, manifestOf(files), trusted);
  const rotten = corrupt.filter((path) => !changed.includes(path));
  const all =
    rotten.length === 0
      ? problems
      : [
          ...problems,
          `${rotten.length} file(s) have other bytes in the object store than the registry says.`,
        ];
  return {
    ...base,
    valid: all.length === 0,
    problems: [...all],
    added: [...added],
    removed: [...removed],
    changed: [...changed, ...rotten],
  };
}

type Reasons = Pick<VersionSignature, "problems" | "added" | "removed" | "changed">;

/** What is wrong with all of them together. */
export function merge(signatures: readonly Reasons[]): Reasons {
  const all = (of: (one: Reasons) => readonly string[]) => [...new Set(signatures.flatMap(of))];
  return {
    problems: all((one) => one.problems),
    added: all((one) => one.added),
    removed: all((one) => one.removed),
    changed: all((one) => one.changed),
  };
}

export function invalid(
  model: string,
  version: number,
  reasons: { readonly [key in keyof Reasons]: readonly string[] },
): Problem {
  const names = (what: string, paths: readonly string[]) => {
    if (paths.length === 0) return [];
    const more = paths.length > namesLimit ? ` and ${paths.length - namesLimit} more` : "";
    return [`${what}: ${paths.slice(0, namesLimit).join(", ")}${more}.`];
  };
  const { added, removed, changed } = reasons;
  const problems = [
    ...reasons.problems,
    ...names("Added", added),
    ...names("Removed", removed),
    ...names("Changed", changed),
  ];
  return new Problem(
    "SIGNATURE_INVALID",
    `No signature of version ${version} of "${model}" holds. ${problems.join(" ")}`,
    problems,
  );
}
