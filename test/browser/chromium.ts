import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const known = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Nothing that a test does not ask for: no updates, no lists from outside, no first-run pages. */
const quiet = [
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
];

/** Starts the Chromium of this machine; `CHROMIUM` names another one. */
export async function openChromium(): Promise<Browser> {
  const named = process.env.CHROMIUM;
  const executablePath = named ?? known.find((path) => existsSync(path));
  if (executablePath === undefined || !existsSync(executablePath)) {
    const looked = named === undefined ? known.join(", ") : `CHROMIUM=${named}`;
    throw new Error(
      `There is no Chromium (${looked}). On Debian: apt-get install -y chromium; elsewhere set CHROMIUM to its path.`,
    );
  }
  // Chromium's own sandbox does not start for root, as in most containers.
  const sandbox = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return await chromium.launch({ executablePath, args: [...quiet, ...sandbox] });
}
