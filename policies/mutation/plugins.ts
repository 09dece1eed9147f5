import { declareClassPlugin, declareValuePlugin, PluginKind } from "@stryker-mutator/api/plugin";
import { RuleRunner } from "./rule-runner.ts";
import { ruleTexts } from "./rule-texts.ts";

/** What Stryker is given to work with. */
export const strykerPlugins = [
  declareClassPlugin(PluginKind.TestRunner, "rules", RuleRunner),
  declareValuePlugin(PluginKind.Ignore, "rule-texts", ruleTexts),
];
