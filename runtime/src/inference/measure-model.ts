import type { InferenceCall, Signature, Tensor } from "../domain/tensor.ts";
import { writeBytes } from "../domain/tensor-bytes.ts";
import { sliceRows } from "./batch.ts";
import type { OnnxModel } from "./executor.ts";
import { madeUpCall } from "./made-up-values.ts";

type Outputs = ReadonlyMap<string, Tensor>;

/** How a model behaves on made-up values. */
export interface Measured {
  readonly batch: { readonly minRows: number; readonly maxRows: number } | null;
  readonly batchMs: number | null;
}

interface Sample {
  readonly rows: number;
  readonly ms: number;
}

const repetitions = 5;
/** Larger batches are not tried once one takes this long, in milliseconds. */
const slowBatchMs = 100;
/** The smallest batch that runs this share of the best rate of rows is enough. */
const enoughShare = 0.95;
/** The same for models that surely run in processes, where a batch is brought there and back at a cost of its own. */
const enoughShareElsewhere = 0.98;
const hopMs = 0.1;
/** The values of a batch are copied several times on the way. */
const hopBytesPerMs = 500_000;
/** What takes this long in milliseconds is no work for the service's own thread. */
const elsewhereMs = 0.3;
/** Batches are worth it from this gain over single rows. */
const worthwhileGain = 1.05;

/**
 * Runs a model on made-up values: what a batch costs, how many rows it is worth to gather, and whether a row's answer
 * is the same, bit for bit, in whatever batch and wherever in it. Where only single rows come out otherwise (matrix
 * libraries have another routine for vectors), batches of at least two rows keep all answers alike.
 */
export async function measureModel(model: OnnxModel, rowLimit: number): Promise<Measured> {
  try {
    if (!hasRows(model)) return { batch: null, batchMs: await timeOne(model) };
    return await measureRows(model, rowLimit);
  } catch {
    // Values that the model cannot work with say nothing about it.
    return { batch: null, batchMs: null };
  }
}

/** Whether every input and output has an open first dimension. */
function hasRows({ inputs, outputs }: Signature): boolean {
  return inputs.length > 0 && [...inputs, ...outputs].every(({ shape }) => shape[0] === -1);
}

async function timeOne(model: OnnxModel): Promise<number | null> {
  const call = madeUpCall(model, 1);
  return call === null ? null : (await time(model, call)).ms;
}

async function measureRows(model: OnnxModel, rowLimit: number): Promise<Measured> {
  const all = madeUpCall(model, rowLimit);
  if (all === null) return { batch: null, batchMs: null };
  const samples: Sample[] = [];
  const seen: { rows: number; outputs: Outputs }[] = [];
  for (let rows = 1; rows <= rowLimit; rows *= 2) {
    const call = rowsFrom(all, 0, rows);
    const { ms: alone, outputs } = await time(model, call);
    const ms = alone + (alone < elsewhereMs ? 0 : hopOf(call, outputs));
    samples.push({ rows, ms });
    seen.push({ rows, outputs });
    if (ms > slowBatchMs) break;
  }
  const [single] = samples;
  const minRows = await fewestRows(model, all, seen);
  const best = bestSample(samples, minRows ?? 1);
  if (single === undefined || best === undefined) return { batch: null, batchMs: null };
  const gain = best.rows / best.ms / (single.rows / single.ms);
  if (minRows === null) return { batch: null, batchMs: single.ms };
  if (best.rows < 2 || gain < worthwhileGain) {
    // Cut into single rows, it costs a known little and needs no other process.
    const isCheap = minRows === 1 && single.ms < elsewhereMs;
    return { batch: isCheap ? { minRows, maxRows: 1 } : null, batchMs: single.ms };
  }
  return { batch: { minRows, maxRows: best.rows }, batchMs: best.ms };
}

/** What it costs to bring a batch to a process and its outputs back, in milliseconds. */
function hopOf({ inputs }: InferenceCall, outputs: Outputs): number {
  const tensors = [...inputs.values(), ...outputs.values()];
  const bytes = tensors.reduce((sum, tensor) => sum + writeBytes(tensor).byteLength, 0);
  return hopMs + bytes / hopBytesPerMs;
}

/** The smallest batch with nearly the best rate. */
function bestSample(samples: readonly Sample[], minRows: number): Sample | undefined {
  const candidates = samples.filter(({ rows }) => rows >= minRows);
  const bestRate = Math.max(...candidates.map(({ rows, ms }) => rows / ms));
  const share = (samples[0]?.ms ?? 0) >= elsewhereMs ? enoughShareElsewhere : enoughShare;
  return candidates.find(({ rows, ms }) => rows / ms >= share * bestRate);
}

/** From how many rows on each row's answer is always the same; null where it never is. */
async function fewestRows(
  model: OnnxModel,
  all: InferenceCall,
  seen: readonly { readonly rows: number; readonly outputs: Outputs }[],
): Promise<number | null> {
  const largest = seen.at(-1);
  if (largest === undefined || largest.rows < 2) return null;
  const reference = largest.outputs;
  const same = (outputs: Outputs, rows: number, start: number) => isSame(outputs, reference, rows, start);
  for (const { rows, outputs } of seen) {
    if (rows > 1 && !same(outputs, rows, 0)) return null;
  }
  // Other neighbours, another place in the batch, and sizes that are no power of two.
  for (const [start, rows] of [
    [1, 2],
    [1, 3],
    [3, 5],
    [5, 7],
  ] as const) {
    if (start + rows > largest.rows) break;
    if (!same(await model.run(rowsFrom(all, start, rows)), rows, start)) return null;
  }
  for (let at = 0; at < Math.min(largest.rows, 4); at++) {
    if (!same(await model.run(rowsFrom(all, at, 1)), 1, at)) return 2;
  }
  return 1;
}

function rowsFrom(call: InferenceCall, start: number, rows: number): InferenceCall {
  const inputs = new Map([...call.inputs].map(([name, tensor]) => [name, sliceRows(tensor, start, rows)]));
  return { inputs, outputs: call.outputs };
}

/** Whether outputs are the reference's rows from a start, bit for bit. */
function isSame(outputs: Outputs, reference: Outputs, rows: number, start: number): boolean {
  for (const [name, tensor] of outputs) {
    const whole = reference.get(name);
    if (whole === undefined || tensor.shape[0] !== rows || (whole.shape[0] ?? 0) < start + rows) return false;
    const wanted = sliceRows(whole, start, rows);
    if (wanted.shape.join() !== tensor.shape.join()) return false;
    if (Buffer.compare(writeBytes(tensor), writeBytes(wanted)) !== 0) return false;
  }
  return true;
}

/** The fastest of some runs, after one that warms up: others on the machine make a run slower, never faster. */
async function time(model: OnnxModel, call: InferenceCall): Promise<{ ms: number; outputs: Outputs }> {
  let outputs = await model.run(call);
  let fastest = Number.POSITIVE_INFINITY;
  for (let at = 0; at < repetitions; at++) {
    const before = performance.now();
    outputs = await model.run(call);
    const ms = performance.now() - before;
    fastest = Math.min(fastest, ms);
    if (ms > slowBatchMs) break;
  }
  return { ms: fastest, outputs };
}
