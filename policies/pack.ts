import { flushCompileCache } from "node:module";
import { PolicyPack } from "@pulumi/policy";
import { deserializeOnce } from "./lib/deserialize.ts";
import { policyOf, shareViews, stackPolicyOf } from "./lib/policy.ts";
import { rules, stackRules } from "./rules/index.ts";

deserializeOnce();
const share = shareViews();

new PolicyPack("bedplate", {
  enforcementLevel: "mandatory",
  policies: [...rules.map((rule) => policyOf(rule, share)), ...stackRules.map(stackPolicyOf)],
});

// The engine kills this process, so Node never comes to write its compile cache (NODE_COMPILE_CACHE) on its own.
flushCompileCache();
