import { isDeepStrictEqual } from "node:util";
import { isFreed, isTaken, type Listener } from "./port.ts";
import { endProcess } from "./process-ending.ts";
import { isRunning, type ProcessIdentity } from "./process-identity.ts";
import { childProcesses, recordedProcess, removeRecord } from "./process-record.ts";
import { type ProcessStart, startProcess } from "./process-start.ts";
import type { CheckFailure, LocalProvider } from "./provider.ts";

/** A process of this machine as it is asked for. */
export interface ProcessSettings extends ProcessStart {
  readonly listeners: readonly Listener[];
  /**
   * Folder where the process keeps one folder a child with a `process.json` (`pid`, `startTicks`); children that run
   * when the process is deleted are ended with it.
   */
  readonly childRecordsPath?: string;
  /** Anything whose change restarts it, such as the revision of a file that it reads once. */
  readonly restartOn?: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

/** A process of this machine as it runs. */
export type ProcessState = ProcessSettings & ProcessIdentity;

const settingNames = [
  "name",
  "command",
  "workingDirectory",
  "environment",
  "healthUrl",
  "startTimeoutMs",
  "stopTimeoutMs",
  "logPath",
  "logLimitBytes",
  "recordPath",
  "listeners",
  "childRecordsPath",
  "restartOn",
  "labels",
] as const satisfies readonly (keyof ProcessSettings)[];

/** Time that the kernel gets to give a port back after its process has ended. */
const portTimeoutMs = 5_000;

const taken = ({ host, port }: Listener, name: string) =>
  `port ${port} on ${host}, which ${name} needs, is in use by another process: end that one, or choose a free port with \`pulumi config set bedplate:port <port>\` (bedplate:grpcPort for gRPC)`;

/** Unknown values of a preview are texts where numbers belong; they are looked at when they are known. */
function listenersOf({ listeners }: { readonly listeners?: readonly Listener[] }): Listener[] {
  return Array.isArray(listeners) ? listeners.filter(({ port }) => typeof port === "number") : [];
}

async function takenListeners(settings: ProcessSettings, besides: readonly Listener[]): Promise<Listener[]> {
  // A recorded process of ours that still runs is ended before the new one starts.
  if (recordedProcess(settings.recordPath) !== undefined) return [];
  const wanted = listenersOf(settings).filter(
    (l) => !besides.some((own) => own.port === l.port && own.host === l.host),
  );
  const busy = await Promise.all(wanted.map(isTaken));
  return wanted.filter((_, index) => busy[index]);
}

async function check(olds: Partial<ProcessState>, settings: ProcessSettings): Promise<CheckFailure[]> {
  const listeners = await takenListeners(settings, listenersOf(olds));
  return listeners.map((listener) => ({ property: "listeners", reason: taken(listener, settings.name) }));
}

async function end(state: Partial<ProcessState> & Pick<ProcessState, "recordPath" | "stopTimeoutMs">) {
  const { pid, startTicks } = state;
  const known = pid === undefined || startTicks === undefined ? [] : [{ pid, startTicks }];
  const running = [recordedProcess(state.recordPath) ?? [], known].flat().filter(isRunning);
  for (const identity of running) await endProcess(identity, state.stopTimeoutMs);
  if (running.length > 0) {
    await Promise.all(listenersOf(state).map((listener) => isFreed(listener, portTimeoutMs)));
  }
  removeRecord(state.recordPath);
}

/** A record's own process looks after its child, so it gets the chance to end that first. */
async function endChildren(folder: string, timeoutMs: number): Promise<void> {
  await Promise.all(
    childProcesses(folder).map(async (processes) => {
      for (const identity of processes) await endProcess(identity, timeoutMs);
    }),
  );
}

/** The provider's part of a state holds more keys than settings (its own source text); only settings are kept. */
function settingsOf(settings: ProcessSettings): ProcessSettings {
  const entries = settingNames.flatMap((name) =>
    settings[name] === undefined ? [] : [[name, settings[name]]],
  );
  return Object.fromEntries(entries) as ProcessSettings;
}

async function start(settings: ProcessSettings): Promise<ProcessState> {
  await end(settings);
  const [busy] = await takenListeners(settings, []);
  if (busy !== undefined) throw new Error(taken(busy, settings.name));
  return { ...settingsOf(settings), ...(await startProcess(settings)) };
}

/** Keeps one process of this machine as its settings say. A process that has died counts as gone. */
export const processSupervisor: LocalProvider<ProcessSettings, ProcessState> = {
  check,
  async diff(state, settings) {
    const changed = settingNames.some((name) => !isDeepStrictEqual(state[name], settings[name]));
    return changed || !isRunning(state);
  },
  async create(settings) {
    return { id: settings.name, state: await start(settings) };
  },
  async read(state) {
    return isRunning(state) ? state : undefined;
  },
  async update(state, settings) {
    await end(state);
    return start(settings);
  },
  async delete(state) {
    await end(state);
    if (state.childRecordsPath !== undefined) await endChildren(state.childRecordsPath, state.stopTimeoutMs);
  },
};
