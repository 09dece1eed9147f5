import { Problem } from "./problem.ts";

/** MLflow's own limits, which its clients know and split their batches by. */
export const trackingLimits = {
  keyLength: 250,
  paramLength: 6_000,
  tagLength: 8_000,
  experimentNameLength: 500,
  modelNameLength: 256,
  metricsInBatch: 1_000,
  paramsInBatch: 100,
  tagsInBatch: 100,
  batch: 1_000,
  inputsInBatch: 1_000,
} as const;

const invalid = (detail: string) => new Problem("INVALID_REQUEST", detail);

/** A key of a metric, param or tag: letters, digits, `_ - . : /` and spaces, and no path that leads elsewhere. */
export function checkKey(kind: "metric" | "param" | "tag", key: string): void {
  const { keyLength } = trackingLimits;
  if (key.length > keyLength) {
    throw invalid(
      `The ${kind} name '${key.slice(0, 60)}…' has ${key.length} characters, which is over the limit of ${keyLength}.`,
    );
  }
  if (!/^[\p{L}\p{M}\p{N}_\-./: ]+$/u.test(key)) {
    throw invalid(
      `Invalid ${kind} name: '${key}'. Names may only contain letters, digits, underscores (_), dashes (-), periods (.), spaces ( ), colons (:) and slashes (/).`,
    );
  }
  if (key.split("/").some((part) => part === "" || part === "." || part === "..")) {
    throw invalid(`Invalid ${kind} name: '${key}'. Its parts between slashes may not be empty, "." or "..".`);
  }
}

export function checkParam({ key, value }: { key: string; value: string }): void {
  checkKey("param", key);
  if (value.length > trackingLimits.paramLength) {
    throw invalid(
      `Param value of '${key}' has length ${value.length}, which exceeded length limit of ${trackingLimits.paramLength}.`,
    );
  }
}

export function checkTag({ key, value }: { key: string; value: string }): void {
  checkKey("tag", key);
  if (value.length > trackingLimits.tagLength) {
    throw invalid(
      `Tag value of '${key}' has length ${value.length}, which exceeded length limit of ${trackingLimits.tagLength}.`,
    );
  }
}

/** The sizes of one log-batch. */
export function checkBatch(metrics: number, params: number, tags: number): void {
  const { metricsInBatch, paramsInBatch, tagsInBatch, batch } = trackingLimits;
  const total = metrics + params + tags;
  const counts = [
    ["metrics", metrics, metricsInBatch],
    ["params", params, paramsInBatch],
    ["tags", tags, tagsInBatch],
    ["metrics, params, and tags", total, batch],
  ] as const;
  for (const [what, count, limit] of counts) {
    if (count > limit) {
      throw invalid(
        `A batch logging request can contain at most ${limit} ${what}. Got ${count} ${what}. Please split up ${what} across multiple requests and try again.`,
      );
    }
  }
}

/** A registered model's name: it stands in addresses, so it has no slash and no colon. */
export function checkModelName(name: string): void {
  if (
    name.length > trackingLimits.modelNameLength ||
    /[/:\p{Cc}]/u.test(name) ||
    name.trim() !== name ||
    name === ""
  ) {
    throw invalid(
      `Invalid model name '${name.slice(0, 200)}'. Names cannot contain '/' or ':', start or end with a space, or have more than ${trackingLimits.modelNameLength} characters.`,
    );
  }
}

/** An alias: letters, digits, `_ - .`, and nothing that looks like a version. */
export function checkAlias(alias: string): void {
  if (!/^[\w.-]{1,255}$/.test(alias)) {
    throw invalid(
      `Invalid alias name: '${alias.slice(0, 200)}'. It may have letters, digits, underscores, dashes and periods, and at most 255 characters.`,
    );
  }
  if (/^(latest|v\d+)$/i.test(alias)) throw invalid(`Version alias name '${alias}' is reserved.`);
}
