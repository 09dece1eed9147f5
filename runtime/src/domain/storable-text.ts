import { Problem } from "./problem.ts";

/** Throws when the database could not hold the text: it knows neither NUL nor halves of surrogate pairs. */
export function checkText(value: unknown): void {
  if (typeof value === "string" && (value.includes("\0") || !value.isWellFormed())) {
    throw new Problem(
      "INVALID_REQUEST",
      "Text may not contain the character NUL or half of a surrogate pair.",
    );
  }
}

/** Likewise for every text of a tree, names of members too. */
export function checkTexts(root: unknown): void {
  checkText(root);
  visit(root, (holder) => {
    for (const [name, value] of Object.entries(holder)) {
      checkText(name);
      checkText(value);
    }
  });
}

/** Visits every object and list of a tree without recursion, so that deep nesting costs memory and not the stack. */
export function visit(root: unknown, look: (holder: Record<string, unknown>) => void): void {
  const waiting: unknown[] = [root];
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    if (typeof value !== "object" || value === null) continue;
    look(value as Record<string, unknown>);
    for (const child of Object.values(value)) if (typeof child === "object") waiting.push(child);
  }
}
