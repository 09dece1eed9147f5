import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { repositoryRoot } from "../engine/index.ts";
import { billOfMaterials } from "./sbom.ts";
import { packTarballs } from "./tarballs.ts";

/** Writes what a release publishes into `dist/release`: tarballs, their digests, the bill of materials. */
const folder = join(repositoryRoot, "dist/release");
mkdirSync(folder, { recursive: true });
const digests = await packTarballs(folder);
const sums = Object.entries(digests).map(([name, digest]) => `${digest}  ${name}\n`);
writeFileSync(join(folder, "SHA256SUMS"), sums.join(""));
writeFileSync(join(folder, "sbom.cdx.json"), await billOfMaterials());
console.log(`${sums.join("")}in ${folder}, with SHA256SUMS and sbom.cdx.json`);
