import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { root, runChild, SetupError } from "./child.mjs";
import { lockSetup } from "./dependencies.mjs";
import { elapsed, say, withProgress } from "./progress.mjs";

const stamp = join(root, "node_modules/.cache/bedplate/console.sha256");
const built = join(root, "console/dist/index.html");

/**
 * Every file below a folder, sorted, but what is installed or built.
 * @param {string} folder
 * @returns {string[]}
 */
export function sourcesIn(folder) {
  const left = new Set(["node_modules", "dist"]);
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => !left.has(entry.name))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? sourcesIn(path) : entry.isFile() ? [path] : [];
    });
}

/**
 * One hash over names and contents of files.
 * @param {string} base Names count relative to it.
 * @param {readonly string[]} files
 */
export function hashFiles(base, files) {
  const hash = createHash("sha256");
  for (const file of files) {
    const content = readFileSync(file);
    hash.update(`${relative(base, file)}\0${content.length}\0`).update(content);
  }
  return hash.digest("hex");
}

function wantedHash() {
  const folders = ["console", "contract"].flatMap((name) => sourcesIn(join(root, name)));
  return hashFiles(root, [...folders, join(root, "package-lock.json")]);
}

/** @param {string} hash */
function isBuilt(hash) {
  return existsSync(built) && existsSync(stamp) && readFileSync(stamp, "utf8") === hash;
}

/** @param {string} hash */
async function build(hash) {
  const started = Date.now();
  const vite = join(root, "node_modules/vite/bin/vite.js");
  const { status, output } = await withProgress("building the console", () =>
    runChild(process.execPath, [vite, "build", "console", "--config", "console/vite.config.ts"], {
      env: { NODE_ENV: "production" },
    }),
  );
  if (status !== 0)
    throw new SetupError(`The console does not build:\n${output.split("\n").slice(-20).join("\n")}`);
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, hash);
  say(`Console built in ${elapsed(Date.now() - started)}`);
}

/** Builds the console when its sources are not those of the last build. */
export async function ensureConsole() {
  if (!existsSync(join(root, "console/index.html"))) {
    say("No console to build: console/index.html is missing");
    return;
  }
  if (isBuilt(wantedHash())) return;
  const release = await lockSetup();
  try {
    const hash = wantedHash();
    if (!isBuilt(hash)) await build(hash);
  } finally {
    release();
  }
}
