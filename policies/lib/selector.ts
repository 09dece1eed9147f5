import { type Fields, fieldsOf, isUnknown, itemsOf } from "./plain-data.ts";

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
 * Whether a Kubernetes label selector takes in labels; an empty one takes in everything. One that is not known yet is
 * taken to fit.
 */
export function selects(selector: unknown, labels: Fields): boolean {
  if (isUnknown(selector)) return true;
  const { matchLabels, matchExpressions } = fieldsOf(selector);
  if (isUnknown(matchLabels) || isUnknown(matchExpressions)) return true;
  const equal = Object.entries(fieldsOf(matchLabels)).every(
    ([key, value]) => isUnknown(value) || isUnknown(labels[key]) || labels[key] === value,
  );
  return equal && itemsOf(matchExpressions).every((condition) => holds(fieldsOf(condition), labels));
}
