import type { z } from "zod";
import { Problem } from "../problem.ts";
import type { PlatformAddress } from "../stack/address.ts";

/** Time for one answer. */
const timeoutMs = 60_000;

/** Calls the platform's own REST API. Throws a `Problem` in the platform's words for what it refuses. */
export type Api = <T extends z.ZodType>(
  schema: T,
  method: "GET" | "POST" | "DELETE",
  path: string,
  body?: unknown,
) => Promise<z.output<T>>;

export function openApi({ url, token }: PlatformAddress): Api {
  return async (schema, method, path, body) => {
    const answer = await fetch(`${url}/api/bedplate/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(timeoutMs),
    }).catch((error: unknown) => {
      throw new Problem(`${url} does not answer (${reasonOf(error)}).`);
    });
    const text = await answer.text();
    if (!answer.ok) throw new Problem(wordRefusal(answer.status, text));
    const read = schema.safeParse(parse(text));
    if (read.success) return read.data;
    throw new Problem(`${url} answered ${path} with what is not Bedplate's; is it another service?`);
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function wordRefusal(status: number, text: string): string {
  const said = parse(text);
  const detail = typeof said === "object" && said !== null && "detail" in said ? said.detail : undefined;
  return typeof detail === "string" ? detail : `The platform answered ${status}.`;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message || error.cause.name : error.message;
}
