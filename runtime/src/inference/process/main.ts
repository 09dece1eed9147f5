/**
 * A process that loads and runs models for the service, so that neither a model's slowness nor its end is the
 * service's. It speaks frames on file descriptor 3, one order after another, and ends with its parent.
 */
import { Socket } from "node:net";
import { Worker } from "node:worker_threads";
import { Problem } from "../../domain/problem.ts";
import { hasBoundedOperators } from "../bounded-operators.ts";
import type { OnnxModel } from "../executor.ts";
import { measureModel } from "../measure-model.ts";
import { loadOnnxRuntime } from "../onnx-runtime.ts";
import { openSession } from "../onnx-session.ts";
import { type Frame, FrameReader, writeFrame } from "./frames.ts";
import {
  type Order,
  packTensors,
  type Refusal,
  type Reply,
  refusalCodes,
  unpackTensors,
} from "./messages.ts";

const descriptor = 3;
const watchIntervalMs = 500;

const models = new Map<number, OnnxModel>();
// Before any model: what loading one costs is that model's alone.
await loadOnnxRuntime();
const rssBefore = process.memoryUsage.rss();

async function load(order: Order, [bytes]: Frame["parts"]): Promise<Reply<"load">> {
  const file = bytes ?? new Uint8Array();
  const model = await openSession(file);
  models.set(order.model, model);
  return { inputs: model.inputs, outputs: model.outputs, hasBoundedOperators: hasBoundedOperators(file) };
}

function find({ model }: Order): OnnxModel {
  const found = models.get(model);
  if (found === undefined) throw new Error(`no model ${model} is loaded`);
  return found;
}

async function obey(order: Order, parts: Frame["parts"]): Promise<Reply & { parts?: Frame["parts"] }> {
  switch (order.kind) {
    case "load":
      return await load(order, parts);
    case "measure": {
      const measured = await measureModel(find(order), order.rowLimit);
      return { ...measured, memoryBytes: Math.max(0, process.memoryUsage.rss() - rssBefore) };
    }
    case "run": {
      const inputs = unpackTensors(order.tensors, parts);
      return packTensors(await find(order).run({ inputs, outputs: order.outputs }));
    }
    case "release":
      await models.get(order.model)?.release();
      models.delete(order.model);
      return {};
  }
}

function refusalOf(error: unknown): Refusal {
  const detail = error instanceof Error ? error.message : "it failed";
  const given = error instanceof Problem ? error.code : null;
  return { code: refusalCodes.find((code) => code === given) ?? "INTERNAL", detail };
}

async function answer({ header, parts }: Frame): Promise<void> {
  // Only the service writes to this descriptor.
  const order = header as unknown as Order;
  try {
    const { parts: answered = [], ...reply } = await obey(order, parts);
    writeFrame(socket, { header: { id: order.id, reply }, parts: answered });
  } catch (error) {
    writeFrame(socket, { header: { id: order.id, refusal: refusalOf(error) }, parts: [] });
  }
}

let last = Promise.resolve();
const reader = new FrameReader((frame) => {
  last = last.then(() => answer(frame));
});
const socket = new Socket({
  fd: descriptor,
  // Read to where the bytes belong, without buffers on the way.
  onread: {
    buffer: () => reader.room(),
    callback: (bytes) => {
      reader.fill(bytes);
      return true;
    },
  },
});
socket.resume();
socket.on("error", () => process.exit(1));
socket.on("close", () => process.exit(0));

// A run blocks this thread, so the end of the parent is looked for on another.
const watch = `const parent = process.ppid;
setInterval(() => { if (process.ppid !== parent) process.kill(process.pid, "SIGKILL"); }, ${watchIntervalMs});`;
new Worker(watch, {
  eval: true,
  resourceLimits: { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 1 },
}).unref();
