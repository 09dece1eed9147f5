#!/usr/bin/env node
// Runs under whatever Node there is, and hands over to Node 24 where that is older.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { installedNode, isNodeEnough } from "../../tools/setup/node24.mjs";

if (isNodeEnough()) {
  await import("../main.ts");
} else {
  try {
    const command = [fileURLToPath(import.meta.url), ...process.argv.slice(2)];
    const child = spawn(installedNode(), command, { stdio: "inherit" });
    for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"]))
      process.on(signal, () => child.kill(signal));
    child.on("close", (code) => {
      process.exitCode = code ?? 1;
    });
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
