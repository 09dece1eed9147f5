import type { PromotionResult } from "@bedplate/contract";
import { Problem } from "../domain/problem.ts";
import type { Ports } from "../ports.ts";

/** Loads what the alias names now; throws when that is not the version that was made champion. */
export async function serveChampion(
  { models }: Pick<Ports, "models">,
  { model, version, previousVersion }: Omit<PromotionResult, "serving">,
): Promise<PromotionResult> {
  await models.reconcile();
  const serving = models.status(model);
  if (serving.state === "refused" && serving.version === version) {
    throw new Problem(serving.code, serving.detail);
  }
  if (serving.state !== "ready" || serving.version !== version) {
    throw new Problem(
      "CONFLICT",
      `Version ${version} was made champion, and another change came right after it.`,
    );
  }
  return { model, version, previousVersion, serving };
}
