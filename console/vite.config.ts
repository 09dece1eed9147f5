import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

/** The highest quality takes ten times as long as this one and saves a tenth. */
const brotli = { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } };

/** Puts a compressed twin beside each built file; the runtime sends it to browsers that take it. */
function compressed(): Plugin {
  return {
    name: "compressed",
    apply: "build",
    async writeBundle({ dir = "" }, bundle) {
      const names = Object.keys(bundle).filter((name) => /\.(js|css)$/.test(name));
      await Promise.all(
        names.map(async (name) => {
          const content = await readFile(join(dir, name));
          await writeFile(join(dir, `${name}.br`), await promisify(brotliCompress)(content, brotli));
          await writeFile(join(dir, `${name}.gz`), await promisify(gzip)(content));
        }),
      );
    },
  };
}

/** Built files go to `dist`, which the runtime serves at `/console/`. */
export default defineConfig({
  base: "/console/",
  plugins: [react(), compressed()],
  // The runtime puts a fresh nonce here in every answer.
  html: { cspNonce: "BEDPLATE_CSP_NONCE" },
  build: {
    outDir: "dist",
    emptyOutDir: true,
    // The policy allows no data: scripts or fonts, and files of their own are cached.
    assetsInlineLimit: 0,
    target: ["chrome123", "firefox125", "safari17.5"],
    chunkSizeWarningLimit: 900,
  },
});
