import { type Fields, fieldsOf, holdsUnknown, itemsOf } from "./plain-data.ts";

/** Whether one condition of a label selector holds. */
function holds(condition: Fields, labels: Fields): boolean {
  const { key, operator, values } = condition;
  const value = typeof key === "string" ? labels[key] : undefined;
  switch (operator) {
    case "In":
      return itemsOf(values).includes(value);
    case "NotIn":
      return !itemsOf(values).includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    default:
      return false;
  }
}

/**
 * Whether a Kubernetes label selector takes in labels; an empty one takes in everything. What is not known yet
 * is taken to fit.
 */
export function selects(selector: unknown, labels: Fields): boolean {
  if (holdsUnknown(selector) || holdsUnknown(labels)) return true;
  const { matchLabels, matchExpressions } = fieldsOf(selector);
  const equal = Object.entries(fieldsOf(matchLabels)).every(([key, value]) => labels[key] === value);
  return equal && itemsOf(matchExpressions).every((condition) => holds(fieldsOf(condition), labels));
}
