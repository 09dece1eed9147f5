import { type Fields, fieldsOf, isUnknown, itemsOf } from "./plain-data.ts";

/** A statement of an AWS policy and where it stands, such as `Statement[0]`. */
export interface Statement {
  readonly place: string;
  readonly statement: Fields;
}

function parse(document: unknown): unknown {
  if (typeof document !== "string") return document;
  try {
    return JSON.parse(document);
  } catch {
    return undefined;
  }
}

/** The allowing statements of a policy, as JSON text or as an object; none where it is unknown or no policy. */
export function allowing(document: unknown): readonly Statement[] {
  const { Statement: given } = fieldsOf(parse(document));
  const list = Array.isArray(given) ? itemsOf(given) : [given];
  return list.flatMap((item, index) => {
    const statement = fieldsOf(item);
    if (statement.Effect !== "Allow") return [];
    return [{ place: Array.isArray(given) ? `Statement[${index}]` : "Statement", statement }];
  });
}

/** The texts of a field that may hold one or many. */
export const textsOf = (value: unknown): readonly string[] =>
  (Array.isArray(value) ? itemsOf(value) : [value]).filter((item) => typeof item === "string");

/** Who a statement is about: every name under every kind of principal. */
function principals(given: unknown): readonly string[] {
  if (typeof given === "string") return [given];
  return Object.values(fieldsOf(given)).flatMap(textsOf);
}

/** Places of the statements that let everybody in without a condition. */
export function anyonesStatements(document: unknown): readonly string[] {
  return allowing(document)
    .filter(({ statement: { Principal, Condition } }) => {
      if (isUnknown(Principal) || isUnknown(Condition)) return false;
      return principals(Principal).includes("*") && Object.keys(fieldsOf(Condition)).length === 0;
    })
    .map(({ place }) => `${place}.Principal`);
}
