import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** Built files go to `dist`, which the runtime serves at `/console/`. */
export default defineConfig({
  base: "/console/",
  plugins: [react()],
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
