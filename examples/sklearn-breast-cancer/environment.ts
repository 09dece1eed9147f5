import { spawn } from "node:child_process";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Versions for which requirements.txt was resolved. */
const oldest = 11;
const newest = 13;
const range = `Python 3.${oldest} to 3.${newest}`;
const progressEveryMs = 5_000;
const windows = process.platform === "win32";

interface Outcome {
  readonly status: number;
  readonly output: string;
}

/** Runs a program without a shell; `onLine` sees its output as it comes. Status 127 means that there is none. */
async function call(
  program: string,
  args: readonly string[],
  onLine?: (line: string) => void,
): Promise<Outcome> {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      for (const line of text.split("\n").filter((one) => one.trim() !== "")) onLine?.(line.trim());
    });
  }
  return await new Promise((resolve) => {
    child.once("error", () => resolve({ status: 127, output }));
    child.once("close", (status) => resolve({ status: status ?? 1, output }));
  });
}

/** What a Python says about itself: its minor version, and the modules that a virtual environment needs. */
const question = `import sys, importlib.util as u
print(sys.version_info[0], sys.version_info[1], *(n for n in ("venv", "ensurepip") if u.find_spec(n) is None))`;

/** Why a Python will not do, in a sentence; undefined when it will. `answer` is what it printed to the question. */
export function objection(program: string, answer: string): string | undefined {
  const [major, minor, ...missing] = answer.trim().split(" ");
  const found = `${program} is Python ${major}.${minor}`;
  if (major !== "3" || Number(minor) < oldest || Number(minor) > newest)
    return `${found}; this example needs ${range}.`;
  if (missing.length === 0) return undefined;
  return `${found} without ${missing.join(" and ")}; on Debian and Ubuntu: apt install python3.${minor}-venv.`;
}

/** The first Python of this machine that will do; PYTHON names one that is not on PATH. */
async function findPython(): Promise<string> {
  const wish = process.env.PYTHON;
  const versions = Array.from({ length: newest - oldest + 1 }, (_, at) => `python3.${oldest + at}`);
  const names = wish ? [wish] : ["python3", "python", ...versions];
  const objections: string[] = [];
  for (const name of names) {
    const { status, output } = await call(name, ["-c", question]);
    if (status !== 0) continue;
    const reason = objection(name, output);
    if (reason === undefined) return name;
    objections.push(reason);
  }
  if (objections.length > 0) throw new Error(objections.join("\n"));
  throw new Error(
    wish
      ? `PYTHON is set to ${wish}, which does not run.`
      : `There is no Python 3 on this machine: install ${range} (Debian and Ubuntu: apt install python3 python3-venv; ` +
          "macOS: brew install python@3.13), or name one with PYTHON=/path/to/python3.",
  );
}

/** Says every five seconds what pip is at, and runs it. */
async function install(python: string, requirements: string): Promise<void> {
  const start = Date.now();
  let at = "starting";
  const tell = () => console.log(`  ${Math.round((Date.now() - start) / 1000)} s: ${at.slice(0, 90)}`);
  const timer = setInterval(tell, progressEveryMs);
  const options = ["--disable-pip-version-check", "--no-input", "--progress-bar", "off"];
  try {
    const args = ["-m", "pip", "install", ...options, "-r", requirements];
    const { status, output } = await call(python, args, (line) => {
      at = line;
    });
    if (status !== 0) {
      const end = output.trimEnd().split("\n").slice(-10).join("\n");
      throw new Error(`pip could not install the packages:\n${end}`);
    }
  } finally {
    clearInterval(timer);
  }
}

/**
 * Makes `.venv` in a folder with what its requirements.txt names; one that is whole already is left as it is. Gives the
 * path of its Python. Throws an error that says what is missing when there is no Python that will do.
 */
export async function ensureEnvironment(folder: string): Promise<string> {
  const venv = join(folder, ".venv");
  const python = join(venv, windows ? "Scripts/python.exe" : "bin/python");
  const requirements = join(folder, "requirements.txt");
  const wanted = await readFile(requirements, "utf8");
  const stamp = join(venv, "installed.txt");
  const installed = await readFile(stamp, "utf8").catch(() => "");
  if (installed === wanted && (await call(python, ["--version"])).status === 0) return python;

  const base = await findPython();
  console.log(`Installing scikit-learn, skl2onnx and MLflow's client into ${venv} (about a minute, once):`);
  await rm(venv, { recursive: true, force: true });
  const made = await call(base, ["-m", "venv", venv]);
  if (made.status !== 0)
    throw new Error(`${base} could not make a virtual environment:\n${made.output.trim()}`);
  await install(python, requirements);
  await writeFile(stamp, wanted);
  return python;
}
