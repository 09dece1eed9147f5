import { setTimeout as wait } from "node:timers/promises";
import { chainModel } from "../../runtime/testing/onnx-model.ts";
import { createRegistrar } from "../../tools/bench/model-registrar.ts";
import { childrenOf, residentBytes, watchMemory } from "../../tools/bench/process-memory.ts";
import { type Answered, type Call, createSender } from "../../tools/bench/served-load.ts";
import { quantile } from "../../tools/bench/statistics.plan.ts";
import { createClosers } from "./closers.ts";
import { type Harness, shownProblems } from "./harness.ts";
import { seededRandom } from "./seeded-random.ts";
import { startServices } from "./service-group.ts";

const mebibyte = 1024 ** 2;
const width = 256;
/** Ten to thirty milliseconds a row, and rows that cannot be put together: a capacity that is low and plain. */
const model = chainModel(width, 3_000, 1);
/** Those that keep the process busy while the peak is measured: one that runs, one behind it, two that come and go. */
const clients = 4;
/** Time that those before a request may take. */
const waitLimitMs = 1_000;
/** As many as one likes may wait, however long. */
const unlimited = { queueLimit: 100_000, waitLimitMs: 3_600_000 };
const factors = [2, 5, 10];
const full = { measureMs: 15_000, overloadMs: 60_000 };
const brief = { measureMs: 2_000, overloadMs: 2_500 };
/** Everything that is let in is waited for, ten times as long. */
const faulty = { measureMs: 1_000, overloadMs: 1_000 };
const goals = { goodput: 0.9, waitMs: waitLimitMs, slowdown: 2, shedMs: 20, growthBytes: 200 * mebibyte };
const settleMs = 5_000;
/** A busy machine may have been busier while the peak was measured. */
const leastPeak = 10;

/**
 * R6: a model is asked 2, 5 and 10 times as often as it can answer, by clients that do not wait for each other. What is
 * let in is answered within `serving.waitLimitMs` and its own time, what is not is turned away at once with a
 * Retry-After that is true, and memory stays flat. Times are judged in the full form only, on a machine that has
 * nothing else to do. The fault lets everything in.
 */
export const verifyOverload: Harness = async ({ seed, full: isFull, fault, database }) => {
  const closers = createClosers();
  const { measureMs, overloadMs } = isFull ? full : fault ? faulty : brief;
  const problems: string[] = [];
  const details: Record<string, number> = {};
  const random = seededRandom(seed);
  try {
    const serving = { workers: 1, waitLimitMs, ...(fault ? unlimited : {}) };
    const { home, replicas } = await startServices({ database, replicas: 1, settings: { serving } }, closers);
    const [replica] = replicas;
    const pid = replica?.pid();
    if (replica === undefined || pid === undefined) throw new Error("There is no service.");
    const registrar = createRegistrar({ url: replica.url, token: home.token });
    const promoted = await registrar.promote("work", await registrar.register("work", model));
    if (promoted.status !== 200) throw new Error(`not served: ${JSON.stringify(promoted.body)}`);
    const inputs = [{ name: "x", shape: [1, width], datatype: "FP32", data: new Array(width).fill(0.5) }];
    const call: Call = {
      url: `${replica.url}/v2/models/work/infer`,
      method: "POST",
      token: home.token,
      body: JSON.stringify({ inputs }),
    };
    const sender = createSender();
    closers.add(sender.close);

    const peak = Math.max(1, rateOf(await sender.closedLoad(call, clients, measureMs), measureMs));
    const calm = await sender.openLoad(call, { perSecond: peak / 2, durationMs: measureMs, random });
    const calmP99 = quantile(
      served(calm).map(({ ms }) => ms),
      0.99,
    );
    Object.assign(details, { peakPerSecond: round(peak), unloadedP99Ms: round(calmP99) });
    const memory = watchMemory(pid);
    closers.add(memory.close);
    let figure = 0;
    for (const factor of fault ? factors.slice(-1) : factors) {
      const before = residentBytes(pid);
      const answers = await sender.openLoad(call, {
        perSecond: factor * Math.max(peak, leastPeak),
        durationMs: overloadMs,
        random,
      });
      // The brief form asks only that something is: the machine may have become faster meanwhile.
      const excess = isFull
        ? (answers.length * (factor - 1)) / factor / 2
        : factor === factors.at(-1)
          ? 1
          : 0;
      const seen = judgeShape(factor, answers, excess, problems);
      const goodput = rateOf(answers, overloadMs) / peak;
      const p99 = seen.admitted.length === 0 ? 0 : quantile(seen.admitted, 0.99);
      const shedP99 = seen.shed.length === 0 ? 0 : quantile(seen.shed, 0.99);
      Object.assign(details, {
        [`goodputAt${factor}x`]: round(goodput),
        [`admittedP99MsAt${factor}x`]: round(p99),
        [`shedP99MsAt${factor}x`]: round(shedP99),
        [`shedAt${factor}x`]: seen.shed.length,
      });
      figure = figure === 0 ? goodput : Math.min(figure, goodput);
      if (isFull) {
        if (goodput < goals.goodput) problems.push(`${factor}x: goodput is ${round(goodput)} of the peak`);
        if (p99 > goals.waitMs + goals.slowdown * calmP99)
          problems.push(`${factor}x: admitted requests took ${round(p99)} ms`);
        // What waits is work for about the limit, so it is done within that and the second that is begun.
        if (seen.longest > waitLimitMs / 1_000 + 1)
          problems.push(`${factor}x: some were told to come back after ${seen.longest} s`);
        if (shedP99 > goals.shedMs) problems.push(`${factor}x: to be turned away took ${round(shedP99)} ms`);
      }
      const growth = residentBytes(pid) - before;
      if (growth > goals.growthBytes)
        problems.push(`${factor}x: the service grew by ${round(growth / mebibyte)} MiB`);
    }
    await wait(isFull ? settleMs : 500);
    const after = await sender.openLoad(call, { perSecond: peak / 4, durationMs: measureMs, random });
    const refusedAfter = after.filter(({ status }) => status !== 200).length;
    details.afterwardsP99Ms = round(
      quantile(
        after.map(({ ms }) => ms),
        0.99,
      ),
    );
    // A burst by chance may pass the few places that there are; more than a few are no chance.
    if (refusedAfter > after.length / 10)
      problems.push(`${refusedAfter} of ${after.length} were refused afterwards`);
    if (childrenOf(pid).length !== 1) problems.push("the process that runs the model is not one");
    details.mostMiB = Math.round(memory.most.own / mebibyte);
    return {
      pass: problems.length === 0,
      figure: round(figure),
      unit: "of the peak was answered under overload, at the worst factor",
      goal: `>= ${goals.goodput}; admitted p99 <= ${goals.waitMs} ms + ${goals.slowdown}x unloaded, turned away within ${goals.shedMs} ms (times: --full)`,
      details,
      problems: problems.slice(0, shownProblems),
    };
  } finally {
    await closers.close();
  }
};

const round = (value: number) => Number(value.toPrecision(3));
const served = (answers: readonly Answered[]) => answers.filter(({ status }) => status === 200);

/** Answers a second within the time of the load. */
function rateOf(answers: readonly Answered[], durationMs: number): number {
  const inTime = served(answers).filter(({ at, ms }) => at + ms <= durationMs);
  return (inTime.length * 1_000) / durationMs;
}

/** What must be so however busy the machine is: an answer to each, and what is too much turned away in words. */
function judgeShape(factor: number, answers: readonly Answered[], least: number, problems: string[]) {
  const admitted = served(answers).map(({ ms }) => ms);
  const away = answers.filter(({ status }) => status === 429 || status === 503);
  const other = answers.length - admitted.length - away.length;
  if (other > 0) problems.push(`${factor}x: ${other} of ${answers.length} were answered otherwise`);
  const untrue = away.filter(({ retryAfter = "" }) => !/^[1-9]\d*$/.test(retryAfter)).length;
  if (untrue > 0) problems.push(`${factor}x: ${untrue} were turned away without Retry-After`);
  if (away.length < least)
    problems.push(`${factor}x: only ${away.length} of ${answers.length} were turned away`);
  const longest = away.reduce((most, { retryAfter }) => Math.max(most, Number(retryAfter)), 0);
  return { admitted, shed: away.map(({ ms }) => ms), longest };
}
