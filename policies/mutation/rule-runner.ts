import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { INSTRUMENTER_CONSTANTS, type InstrumenterContext } from "@stryker-mutator/api/core";
import {
  type DryRunOptions,
  type DryRunResult,
  DryRunStatus,
  type MutantRunOptions,
  type MutantRunResult,
  MutantRunStatus,
  type TestResult,
  type TestRunner,
  TestStatus,
} from "@stryker-mutator/api/test-runner";

/** What a module of the sandbox answers about a rule; see examination.ts. */
type Examine = typeof import("./examination.ts").examine;

const context: InstrumenterContext = {};
Object.assign(globalThis, { [INSTRUMENTER_CONSTANTS.NAMESPACE]: context });

/** Reads a rule's file anew, so that a change of its data is there; all else is read once. */
let readings = 0;
const read = (file: string): Promise<object> => import(`${pathToFileURL(file).href}?reading=${++readings}`);

/**
 * Stryker's test runner for rules: asks the changed rule what the corpus asks of all rules, in this process. A rule is
 * pure and its file small, so that takes some milliseconds where Vitest takes half a second.
 */
export class RuleRunner implements TestRunner {
  /** What each rule says as it is, by its file. */
  readonly #said = new Map<string, string>();

  capabilities() {
    return { reloadEnvironment: true };
  }

  /** The examination of the sandbox, whose rules and corpus must share their modules. */
  async #examination(): Promise<Examine> {
    const { examine }: { examine: Examine } = await import(
      pathToFileURL(join(process.cwd(), "mutation/examination.ts")).href
    );
    return examine;
  }

  /** What the rule says as it is, which the snapshots of messages.test.ts hold. */
  async #saidBefore(file: string): Promise<string> {
    const known = this.#said.get(file);
    if (known !== undefined) return known;
    delete context.activeMutant;
    const { said, faults } = (await this.#examination())(await read(file));
    if (faults.length > 0) throw new Error(`${file} is wrong as it is: ${faults.join(", ")}`);
    this.#said.set(file, said);
    return said;
  }

  async dryRun({ files = [] }: DryRunOptions): Promise<DryRunResult> {
    const tests: TestResult[] = [];
    for (const file of files) tests.push(await this.#asItIs(file));
    return { status: DryRunStatus.Complete, tests };
  }

  async #asItIs(file: string): Promise<TestResult> {
    const began = performance.now();
    const timed = () => ({ id: file, name: file, timeSpentMs: performance.now() - began });
    try {
      await this.#saidBefore(file);
      return { ...timed(), status: TestStatus.Success };
    } catch (error) {
      return { ...timed(), status: TestStatus.Failed, failureMessage: String(error) };
    }
  }

  async mutantRun({ activeMutant, sandboxFileName }: MutantRunOptions): Promise<MutantRunResult> {
    const before = await this.#saidBefore(sandboxFileName);
    const examine = await this.#examination();
    context.activeMutant = activeMutant.id;
    try {
      const { said, faults } = examine(await read(sandboxFileName));
      const [fault] = said === before ? faults : ["it says something else", ...faults];
      return fault === undefined
        ? { status: MutantRunStatus.Survived, nrOfTests: 1 }
        : this.#killed(sandboxFileName, fault);
    } catch (error) {
      return this.#killed(sandboxFileName, String(error));
    }
  }

  #killed(file: string, failureMessage: string): MutantRunResult {
    return { status: MutantRunStatus.Killed, killedBy: [file], failureMessage, nrOfTests: 1 };
  }
}
