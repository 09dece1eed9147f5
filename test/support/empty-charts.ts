import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { catalog } from "@bedplate/components/catalog";

/** Fills a folder with every chart of the catalog, nothing in them: a preview loads charts and renders none. */
export function writeEmptyCharts(folder: string): void {
  for (const { chart, version } of Object.values(catalog)) {
    mkdirSync(join(folder, chart), { recursive: true });
    // JSON is YAML.
    writeFileSync(
      join(folder, chart, "Chart.yaml"),
      JSON.stringify({ apiVersion: "v2", name: chart, version }),
    );
    execFileSync("tar", ["-czf", join(folder, `${chart}-${version}.tgz`), "-C", folder, chart]);
  }
}
