import type { logSkippedHeader } from "@bedplate/contract";

const timeoutMs = 60_000;
// The contract's types come with the console, its code does not.
const skippedHeader: typeof logSkippedHeader = "bedplate-log-skipped";

/** The service's refusal, in its own words. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  /** Everything that is wrong, where there is more than one thing. */
  readonly problems: readonly string[];

  constructor(status: number, code: string, message: string, problems: readonly string[] = []) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.code = code;
    this.problems = problems;
  }
}

/** Reads an error in any of the service's wordings: problem details, MLflow's, or the inference protocol's. */
export function readError(status: number, text: string): ApiError {
  let body: Record<string, unknown> = {};
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === "object" && parsed !== null) body = { ...parsed };
  } catch {
    // A proxy's page, say: the status is all there is to tell.
  }
  const first = (...values: unknown[]) => values.find((value) => typeof value === "string" && value !== "");
  const message =
    first(body.detail, body.message, body.error) ?? `The service answered with status ${status}.`;
  const code = first(body.code, body.error_code) ?? `HTTP_${status}`;
  const problems = Array.isArray(body.problems) ? body.problems.map(String) : [];
  return new ApiError(status, String(code), String(message), problems);
}

interface Call {
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

/** A session that ended leads to the sign-in page and from there back here; what waits for the answer waits on. */
function signInAgain(): Promise<never> {
  const here = window.location.pathname + window.location.search;
  window.location.assign(`/login?next=${encodeURIComponent(here)}`);
  return new Promise(() => {});
}

async function ask(
  method: "GET" | "POST" | "DELETE",
  path: string,
  { body, signal }: Call,
): Promise<Response> {
  const limit = AbortSignal.timeout(timeoutMs);
  const answer = await fetch(path, {
    method,
    credentials: "same-origin",
    headers: {
      accept: "application/json, text/plain",
      "x-requested-with": "XMLHttpRequest",
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
  });
  if (answer.status === 401) return signInAgain();
  if (!answer.ok) throw readError(answer.status, await answer.text());
  return answer;
}

/** Asks for JSON. The type is the service's promise: it checks what it sends against the same contract. */
export async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  return (await ask("GET", path, signal === undefined ? {} : { signal })).json();
}

/** The end of a text that may be long. */
export interface Tail {
  readonly text: string;
  /** Whether something came before it. */
  readonly cut: boolean;
}

/** Asks for the end of a log, whole lines of at most `limit` bytes. */
export async function getTail(path: string, limit: number, signal?: AbortSignal): Promise<Tail> {
  const answer = await ask("GET", `${path}?tail=${limit}`, signal === undefined ? {} : { signal });
  return { text: await answer.text(), cut: Number(answer.headers.get(skippedHeader)) > 0 };
}

export async function postJson<T>(path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  return (await ask("POST", path, { body, ...(signal === undefined ? {} : { signal }) })).json();
}

export async function deleteJson<T>(path: string): Promise<T> {
  return (await ask("DELETE", path, {})).json();
}
