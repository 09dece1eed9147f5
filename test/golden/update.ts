import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { releaseOf, releasePath } from "../verify/release-state.ts";
import { compactYaml, goldenOf } from "./golden-file.ts";
import { goldenPath } from "./golden-path.ts";
import { recordReference, referenceStacks } from "./reference-stacks.ts";

/**
 * `npm run golden` writes what today's program registers for each reference stack. `npm run golden -- --release` writes
 * what an upgrade is judged by instead: once for each release, from its commit.
 */
const isRelease = process.argv.includes("--release");
const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();

for (const stack of referenceStacks) {
  const resources = await recordReference(stack);
  const path = isRelease ? releasePath(stack) : goldenPath(stack);
  const text = isRelease
    ? compactYaml(
        { commit, resources: releaseOf(resources) },
        `What holds data of the stack ${stack}, as an earlier release made it; made by \`npm run golden -- --release\`.`,
      )
    : compactYaml(
        goldenOf(resources),
        `What the program registers for the stack ${stack}, made by \`npm run golden\`.`,
      );
  writeFileSync(path, text);
  console.log(path);
}
