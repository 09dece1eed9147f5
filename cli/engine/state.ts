import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { repositoryRoot } from "@bedplate/tools/engine";
import { parse } from "yaml";
import { z } from "zod";
import type { Stack } from "../stack/stack.ts";

/** What matters of the engine's state file. */
const checkpoint = z.object({
  checkpoint: z.object({ latest: z.object({ resources: z.array(z.unknown()).nullish() }).nullish() }),
});

/** The project's name, which the state's folders carry. */
export function projectName(): string {
  const project: unknown = parse(readFileSync(join(repositoryRoot, "Pulumi.yaml"), "utf8"));
  return typeof project === "object" && project !== null && "name" in project
    ? String(project.name)
    : "bedplate";
}

/** Where the engine keeps the state of a stack (its self-managed file backend). */
export function statePath(stack: Stack): string {
  return join(stack.backendDir, ".pulumi", "stacks", projectName(), `${stack.name}.json`);
}

/** Locks that engines hold, or died with, on the state of a stack: process numbers. */
export function stateLocks(stack: Stack): number[] {
  const folder = join(stack.backendDir, ".pulumi", "locks", "organization", projectName(), stack.name);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .map((name) => Number(JSON.parse(readFileSync(join(folder, name), "utf8")).pid));
}

/** Whether the engine knows the stack: it was brought up at least once, and its data folder is still there. */
export function hasState(stack: Stack): boolean {
  return existsSync(statePath(stack));
}

/** How many resources the engine made of the stack and has not removed; undefined where its state cannot be read. */
export function countResources(stack: Stack): number | undefined {
  if (!hasState(stack)) return 0;
  const state = checkpoint.safeParse(JSON.parse(readFileSync(statePath(stack), "utf8")));
  return state.data === undefined ? undefined : (state.data.checkpoint.latest?.resources ?? []).length;
}

/** Whether the engine made something of the stack that it has not removed. */
export function hasResources(stack: Stack): boolean {
  return countResources(stack) !== 0;
}
