/** A copy of a value with something else in one place. */
export interface Variant {
  readonly path: string;
  readonly value: unknown;
}

/** Every copy of a value in which one place, deep or shallow, holds something else; the value's own place comes first. */
export function variants(value: unknown, to: unknown, path = ""): readonly Variant[] {
  const own = { path, value: to };
  if (Array.isArray(value)) {
    const inner = value.flatMap((item, index) =>
      variants(item, to, `${path}[${index}]`).map((variant) => ({
        path: variant.path,
        value: value.with(index, variant.value),
      })),
    );
    return [own, ...inner];
  }
  if (typeof value !== "object" || value === null) return [own];
  const inner = Object.entries(value).flatMap(([key, item]) =>
    variants(item, to, path === "" ? key : `${path}.${key}`).map((variant) => ({
      path: variant.path,
      value: { ...value, [key]: variant.value },
    })),
  );
  return [own, ...inner];
}
