import type { Rule } from "../lib/rule.ts";
import { loopbackUnlessTls } from "./network/loopback-unless-tls.ts";
import { ownerAndEnvironment } from "./ownership/owner-and-environment.ts";
import { noPlaintextEnvironment } from "./secrets/no-plaintext-environment.ts";

/** Every rule of the pack. */
export const rules: readonly Rule[] = [loopbackUnlessTls, noPlaintextEnvironment, ownerAndEnvironment];
