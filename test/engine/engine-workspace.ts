import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { engineEnvironment, findEngine, repositoryRoot } from "@bedplate/tools/engine";

/** What one run of the engine came to. */
export interface EngineRun {
  readonly exitCode: number | null;
  /** Standard output and error, as a person sees them. */
  readonly output: string;
  readonly wallMs: number;
}

/** A stack of its own in a temporary folder, worked on by the real engine. */
export interface EngineWorkspace {
  /** Temporary folder for whatever the stack keeps. */
  readonly folder: string;
  run(...args: string[]): Promise<EngineRun>;
  /** Replaces the stack's config. */
  configure(config: Record<string, unknown>): Promise<void>;
  outputs(): Promise<Record<string, unknown>>;
  /** Destroys the stack and removes the folder. */
  close(): Promise<void>;
}

const runTimeoutMs = 150_000;

interface WorkspaceOptions {
  /** Time that one run of the engine may take; 150 s when left out. */
  readonly runTimeoutMs?: number;
  /** A workspace whose backend it shares, so that its stack can read the other's outputs; closed before that one. */
  readonly beside?: EngineWorkspace;
}

/** Standard output and error in one text, in the order in which they were written. */
function runCommand(
  command: string,
  args: readonly string[],
  cwd: string,
  environment: Record<string, string>,
  timeout: number,
): Promise<EngineRun> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const env = { ...process.env, ...environment };
    const child = spawn(command, args, {
      cwd,
      env,
      stdio: ["ignore", "pipe", "pipe"],
      timeout,
    });
    let output = "";
    const collect = (chunk: Buffer) => {
      output += chunk.toString("utf8");
    };
    child.stdout.on("data", collect);
    child.stderr.on("data", collect);
    child.once("error", reject);
    child.once("close", (exitCode) =>
      resolve({ exitCode, output, wallMs: Math.round(performance.now() - started) }),
    );
  });
}

/** A program's folder below the fixtures. */
export const fixture = (name: string) => join(import.meta.dirname, "fixtures", name);

/** Makes a stack for the program in `programDir` and gives it to the engine of this machine. */
export async function openEngineWorkspace(
  programDir: string,
  stack = "test",
  options: WorkspaceOptions = {},
): Promise<EngineWorkspace> {
  const { beside } = options;
  const folder = beside?.folder ?? (await mkdtemp(join(tmpdir(), "bedplate-engine-")));
  const passphraseFile = join(folder, "passphrase");
  const configFile = join(folder, `Pulumi.${stack}.yaml`);
  await writeFile(passphraseFile, "for tests", { mode: 0o600 });
  const engine = await findEngine();
  const environment = engineEnvironment({ ...engine, backendDir: folder, passphraseFile });

  const runIn = (cwd: string, ...args: string[]) =>
    runCommand(
      engine.command,
      [...args, "--non-interactive", "--color", "never"],
      cwd,
      environment,
      options.runTimeoutMs ?? runTimeoutMs,
    );
  const run = (...args: string[]) => runIn(programDir, ...args);
  const file = ["--stack", stack, "--config-file", configFile];
  const withFile = new Set(["up", "preview", "refresh", "destroy"]);
  const project = await readFile(join(programDir, "Pulumi.yaml"), "utf8");
  await writeFile(
    join(folder, "Pulumi.yaml"),
    /^name: .+\n/m.exec(project)?.[0].concat("runtime: nodejs\n") ?? project,
  );
  // From the temporary folder, because making a stack writes its salt beside the project.
  const made = await runIn(folder, "stack", "init", stack, "--no-select");
  if (made.exitCode !== 0) throw new Error(made.output);
  return {
    folder,
    run: (command = "", ...args) =>
      run(command, ...args, ...(withFile.has(command) ? file : ["--stack", stack])),
    // JSON is YAML.
    configure: (config) => writeFile(configFile, JSON.stringify({ config })),
    async outputs() {
      return JSON.parse((await run("stack", "output", "--json", "--stack", stack)).output);
    },
    async close() {
      await run("destroy", "--yes", "--skip-preview", ...file);
      if (beside === undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The repository's own program and policies. */
export const repository = { program: repositoryRoot, policies: join(repositoryRoot, "policies") };
