import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import satisfies from "spdx-satisfies";
import { repositoryRoot } from "../../tools/engine/index.ts";
import { advisories } from "../../tools/supply-chain/audit.ts";
import { licenceProblems, pinProblems } from "../../tools/supply-chain/checks.plan.ts";
import { allowedLicences, licenceExceptions } from "../../tools/supply-chain/licences.ts";
import { type LockedPackage, lockedPackages } from "../../tools/supply-chain/lockfile.plan.ts";
import { billOfMaterials } from "../../tools/supply-chain/sbom.ts";
import { packTarballs, released } from "../../tools/supply-chain/tarballs.ts";
import { type Harness, shownProblems } from "./harness.ts";

/** Direct production dependencies of what is released; raised only with a page in docs/decisions. */
const directLimit = 40;

/**
 * S11: production dependencies are under allowed licences and pinned to bytes of the registry, the bill of materials
 * names each of them, two packings of the same source give the same bytes, and no advisory of high severity is known
 * where the registry tells. The fault takes the digest and the licence of one package away.
 */
export const verifySupplyChain: Harness = async ({ fault }) => {
  const locked = lockedPackages(JSON.parse(readFileSync(join(repositoryRoot, "package-lock.json"), "utf8")));
  const packages = fault ? spoiled(locked) : locked;
  const known = await advisories();
  const direct = directDependencies();
  const problems = [
    ...licenceProblems(packages, allowedLicences, licenceExceptions, (text, allowed) =>
      satisfies(text, [...allowed]),
    ),
    ...pinProblems(packages),
    ...(await materialProblems(locked)),
    ...(await tarballProblems()),
    ...("high" in known && known.high + known.critical > 0
      ? [`${known.high + known.critical} advisories of high severity`]
      : []),
    ...(direct > directLimit ? [`${direct} direct production dependencies: at most ${directLimit}`] : []),
  ];
  return {
    pass: problems.length === 0,
    figure: problems.length,
    unit: "problems",
    goal: "0",
    details: {
      packages: locked.filter(({ dev }) => !dev).length,
      direct,
      advisories: "high" in known ? known.high + known.critical : `not told: ${known.unreachable}`,
    },
    problems: problems.slice(0, shownProblems),
  };
};

function spoiled(packages: readonly LockedPackage[]): readonly LockedPackage[] {
  return packages.map((one) => {
    if (one.place !== "node_modules/zod") return one;
    const { integrity, licence, ...rest } = one;
    return rest;
  });
}

function directDependencies(): number {
  const names = released.flatMap((workspace) => {
    const { dependencies = {} } = JSON.parse(
      readFileSync(join(repositoryRoot, workspace, "package.json"), "utf8"),
    );
    return Object.keys(dependencies).filter((name) => !name.startsWith("@bedplate/"));
  });
  return new Set(names).size;
}

async function materialProblems(locked: readonly LockedPackage[]): Promise<readonly string[]> {
  const { components }: { components: readonly { name: string; version: string }[] } = JSON.parse(
    await billOfMaterials(),
  );
  const named = new Set(components.map(({ name, version }) => `${name}@${version}`));
  return locked
    .filter(({ dev, optional }) => !dev && !optional)
    .map(({ place, version }) => `${place.slice(place.lastIndexOf("node_modules/") + 13)}@${version}`)
    .filter((called) => !named.has(called))
    .map((called) => `the bill of materials does not name ${called}`);
}

async function tarballProblems(): Promise<readonly string[]> {
  const folders = [0, 1].map(() => mkdtempSync(join(tmpdir(), "bedplate-pack-")));
  try {
    const [first = {}, second = {}] = await Promise.all(folders.map(packTarballs));
    const names = Object.keys(first);
    if (names.length !== released.length) return [`${names.length} tarballs for ${released.length} packages`];
    return names
      .filter((name) => first[name] !== second[name])
      .map((name) => `two packings of ${name} differ`);
  } finally {
    for (const folder of folders) rmSync(folder, { recursive: true });
  }
}
