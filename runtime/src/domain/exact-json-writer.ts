/** V8 has it; the library types of our language level do not yet. */
const { rawJSON } = JSON as typeof JSON & { readonly rawJSON: (text: string) => unknown };

const writeDigits = (_key: string, value: unknown): unknown =>
  typeof value === "bigint" ? rawJSON(value.toString()) : value;

/** Writes JSON whose bigints are numbers with all their digits; the inverse of `parseExactJson`. */
export const writeExactJson = (value: unknown): string => JSON.stringify(value, writeDigits);
