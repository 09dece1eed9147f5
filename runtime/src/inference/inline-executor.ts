import type { Executor } from "./executor.ts";
import { openSession } from "./onnx-session.ts";

/** Runs every model on this thread, unmeasured and without batches. */
export const inlineExecutor: Executor = {
  async load(file) {
    const session = await openSession(await file.read());
    const profile = {
      inputs: [...session.inputs],
      outputs: [...session.outputs],
      batch: null,
      batchMs: null,
      memoryBytes: file.size,
      bounded: false,
    };
    return { ...session, profile, slots: 1, parallel: 1, memoryBytes: file.size };
  },
};
