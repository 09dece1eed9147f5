import { flushCompileCache } from "node:module";
import { PolicyPack } from "@pulumi/policy";
import { policyOf } from "./lib/policy.ts";
import { rules } from "./rules/index.ts";

new PolicyPack("bedplate", { enforcementLevel: "mandatory", policies: rules.map(policyOf) });

// The engine kills this process, so Node never comes to write its compile cache (NODE_COMPILE_CACHE) on its own.
flushCompileCache();
