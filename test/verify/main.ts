import { parseArgs } from "node:util";
import type { Harness } from "./harness.ts";
import { verifyFaults } from "./q1-faults.ts";
import { verifyKills } from "./r1-kills.ts";
import { verifyOneChampion } from "./r2-one-champion.ts";
import { verifyIdempotency } from "./r3-idempotency.ts";
import { verifyOutbox } from "./r4-outbox.ts";
import { verifyOverload } from "./r6-overload.ts";
import { verifyEventLoop } from "./r7-event-loop.ts";
import { verifySwaps } from "./r9-swaps.ts";
import { verifyChildCrash } from "./r10-child-crash.ts";
import { verifyDenyByDefault } from "./s1-deny-by-default.ts";
import { verifyBadInput } from "./s2-bad-input.ts";
import { verifyTokens } from "./s3-tokens.ts";
import { verifyHostileModels } from "./s4-hostile-models.ts";
import { verifySignatures } from "./s5-signatures.ts";
import { verifyAuditEdits } from "./s6-audit-edits.ts";
import { verifyPolicies } from "./s7-policies.ts";
import { verifySupplyChain } from "./s11-supply-chain.ts";
import { verifyTeardown } from "./teardown.ts";
import { verifyUpgrade } from "./upgrade.ts";

const ofService = {
  R1: verifyKills,
  R2: verifyOneChampion,
  R3: verifyIdempotency,
  R4: verifyOutbox,
  R6: verifyOverload,
  R7: verifyEventLoop,
  R9: verifySwaps,
  R10: verifyChildCrash,
  S1: verifyDenyByDefault,
  S2: verifyBadInput,
  S3: verifyTokens,
  S4: verifyHostileModels,
  S5: verifySignatures,
  S6: verifyAuditEdits,
  S7: verifyPolicies,
  S11: verifySupplyChain,
  teardown: verifyTeardown,
  upgrade: verifyUpgrade,
};
/** By the names of docs/reliability.md. */
const harnesses: Readonly<Record<string, Harness>> = { ...ofService, Q1: verifyFaults(ofService) };

// What was started ends with this process, however that ends.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    full: { type: "boolean", default: false },
    fault: { type: "boolean", default: false },
    pglite: { type: "boolean", default: false },
    seed: { type: "string", default: "1" },
    crashes: { type: "string" },
    cases: { type: "string" },
    json: { type: "boolean", default: false },
  },
});
const [id = ""] = positionals;
const harness = harnesses[id];
const seed = Number(values.seed);
const countOf = (given: string | undefined) => (given === undefined ? undefined : Number(given));
const crashes = countOf(values.crashes);
const cases = countOf(values.cases);
if (
  harness === undefined ||
  ![seed, crashes ?? 0, cases ?? 0].every((given) => Number.isSafeInteger(given) && given >= 0)
) {
  const names = Object.keys(harnesses).join("|");
  console.error(
    `npm run -s verify -- <${names}> [--full] [--fault] [--pglite] [--seed N] [--crashes N] [--cases N] [--json]`,
  );
  process.exitCode = 2;
} else {
  const { full, fault, pglite } = values;
  const database = pglite ? "pglite" : "postgres";
  const { details, problems, ...result } = await harness({ seed, full, fault, crashes, cases, database });
  for (const problem of problems) console.error(problem);
  console.log(
    values.json
      ? JSON.stringify({ id, ...result, seed, database, ...details })
      : `${id} ${result.pass ? "holds" : "is broken"}: ${result.figure} ${result.unit} (goal: ${result.goal}) ${JSON.stringify(details)}`,
  );
  process.exitCode = result.pass ? 0 : 1;
}
