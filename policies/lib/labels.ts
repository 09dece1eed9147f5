import { type Fields, fieldsOf, isUnknown, itemsOf } from "./plain-data.ts";

/** Google allows neither dots nor slashes in the name of a label. */
export const plainName = (name: string) => name.toLowerCase().replaceAll(/[^a-z0-9]/g, "-");

/** `[{ key, value }]`, as some AWS resources have it. */
function fromList(list: readonly unknown[]): Fields {
  return Object.fromEntries(
    list.flatMap((item) => {
      const { key, Key, value, Value } = fieldsOf(item);
      const name = key ?? Key;
      return typeof name === "string" ? [[name, value ?? Value] as const] : [];
    }),
  );
}

/** Whether it is known which labels a map or a list has, if not what they say. */
export const namesAreKnown = (place: unknown): boolean =>
  !isUnknown(place) &&
  itemsOf(place).every((item) => {
    const { key, Key } = fieldsOf(item);
    return !isUnknown(item) && !isUnknown(key ?? Key);
  });

/** The names of the labels at some places, maps or lists, whose values say something; letters, digits and dashes. */
export function labelNames(places: readonly unknown[]): Set<string> {
  const labels = places.flatMap((place) => [
    ...Object.entries(fieldsOf(place)),
    ...Object.entries(fromList(itemsOf(place))),
  ]);
  return new Set(
    labels
      .filter(([, value]) => isUnknown(value) || (typeof value === "string" && value.trim() !== ""))
      .map(([name]) => plainName(name)),
  );
}

/** The value of a label, by its plain name. */
export function labelValue(place: unknown, name: string): unknown {
  const labels = { ...fieldsOf(place), ...fromList(itemsOf(place)) };
  return Object.entries(labels).find(([key]) => plainName(key) === name)?.[1];
}
