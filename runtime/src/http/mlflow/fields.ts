import { z } from "zod";
import type { Identity } from "../../domain/identity.ts";
import type { SearchRequest } from "../../store/search-request.ts";

/** Text that must be there and not be empty. */
export const required = z.string().min(1);
/** Text that counts as empty when it is left out. */
export const text = z.string().default("");

const digits = /^-?\d{1,15}$/;
/** A 64-bit integer of protobuf: JSON may carry it as number or as text. */
export const int64 = z.union([z.int(), z.string().regex(digits).transform(Number)]);
/** A double of protobuf: JSON may carry it as number, or as text for what JSON has no number for. */
export const double = z.union([
  z.number(),
  z.enum(["NaN", "Infinity", "-Infinity"]).transform(Number),
  z
    .string()
    .regex(/^-?\d{1,30}(\.\d{1,30})?(e[-+]?\d{1,3})?$/i)
    .transform(Number),
]);
/** Seconds or milliseconds, steps: integers that the database's bigint holds. */
export const step = int64.default(0);

/** Elements of a list, counted before any of them is looked at, because looking at a million takes its time. */
const listLimit = 10_000;
const bounded = (limit: number) =>
  z.unknown().refine((value) => !Array.isArray(value) || value.length <= limit, `at most ${limit} elements`);
export const listOf = <T extends z.ZodType>(element: T, limit = listLimit) =>
  bounded(limit).pipe(z.array(element));

export const tag = z.object({ key: required, value: text });
export const tags = listOf(tag).default([]);
export const metric = z.object({
  key: required,
  value: double,
  timestamp: int64,
  step,
  model_id: z.string().optional(),
  dataset_name: z.string().optional(),
  dataset_digest: z.string().optional(),
});

/** In addresses a list of one element looks like the element. */
export const texts = bounded(listLimit)
  .pipe(z.union([z.array(z.string()), z.string().transform((value) => [value])]))
  .default([]);

const views = { "1": "ACTIVE_ONLY", "2": "DELETED_ONLY", "3": "ALL" } as const;
export const viewType = z
  .union([
    z.enum(["ACTIVE_ONLY", "DELETED_ONLY", "ALL"]),
    z.union([z.enum(["1", "2", "3"]), z.literal([1, 2, 3])]).transform((value) => views[value]),
  ])
  .default("ACTIVE_ONLY");

/** How many results a page may have. */
export const pageSize = (byDefault: number, max: number) =>
  z
    .union([
      z.int().min(1).max(max),
      z
        .string()
        .regex(/^\d{1,9}$/)
        .transform(Number)
        .pipe(z.int().min(1).max(max)),
    ])
    .default(byDefault);

/** The fields of every search. */
export const search = (byDefault: number, max: number) => ({
  filter: text,
  max_results: pageSize(byDefault, max),
  order_by: texts,
  page_token: z.string().optional(),
});

interface SearchFields {
  readonly filter: string;
  readonly max_results: number;
  readonly order_by: readonly string[];
  readonly page_token?: string | undefined;
}

export const toSearch = (fields: SearchFields, { team: sight }: Pick<Identity, "team">): SearchRequest => ({
  filter: fields.filter,
  orderBy: fields.order_by,
  limit: fields.max_results,
  pageToken: fields.page_token,
  sight,
});

/** The mark of the next page, left out on the last one. */
export const nextPage = (next: string | null) => (next === null ? {} : { next_page_token: next });

/** A number of a model version, which travels as text. */
export const versionNumber = z.union([
  z.int().min(0).max(2_147_483_647),
  z
    .string()
    .regex(/^\d{1,9}$/)
    .transform(Number),
]);
