/** What stands in an order: names what it gives, and what it needs from others. */
export interface Unit {
  readonly name: string;
  readonly provides: readonly string[];
  /** Must be provided by another unit that comes first. */
  readonly requires: readonly string[];
  /** Comes first where another unit provides it. */
  readonly after: readonly string[];
}

/** Why units cannot be put in an order. */
export type OrderProblem =
  | { readonly kind: "missing"; readonly unit: string; readonly capability: string }
  | { readonly kind: "two-providers"; readonly capability: string; readonly units: readonly string[] }
  | { readonly kind: "cycle"; readonly units: readonly string[] };

export interface Order {
  /** Every unit after those that it builds on; empty where there is a cycle. */
  readonly order: readonly string[];
  /** Units that each one waits for. */
  readonly dependencies: ReadonlyMap<string, readonly string[]>;
  readonly problems: readonly OrderProblem[];
}

function providersOf(units: readonly Unit[]): Map<string, string[]> {
  const providers = new Map<string, string[]>();
  for (const { name, provides } of units)
    for (const capability of new Set(provides))
      providers.set(capability, [...(providers.get(capability) ?? []), name]);
  return providers;
}

/** A cycle of what is left after all that can be ordered was taken out. */
function cycleIn(left: ReadonlySet<string>, dependencies: ReadonlyMap<string, readonly string[]>): string[] {
  const path: string[] = [];
  let at = [...left].sort()[0];
  while (at !== undefined && !path.includes(at)) {
    path.push(at);
    at = dependencies.get(at)?.find((name) => left.has(name));
  }
  return at === undefined ? path : path.slice(path.indexOf(at));
}

/**
 * Puts units into an order by what they provide and require, whatever the order they are given in (Kahn's algorithm;
 * of those that are free, the first by name). Reports every missing provider, every capability with two providers, and
 * a cycle.
 */
export function orderUnits(units: readonly Unit[]): Order {
  const sorted = [...units].sort((a, b) => (a.name < b.name ? -1 : 1));
  const providers = providersOf(sorted);
  const problems: OrderProblem[] = [...providers]
    .filter(([, names]) => names.length > 1)
    .map(([capability, names]) => ({ kind: "two-providers", capability, units: names }));
  for (const { name, requires } of sorted)
    for (const capability of requires)
      if (!providers.has(capability)) problems.push({ kind: "missing", unit: name, capability });

  const dependencies = new Map(
    sorted.map(({ name, requires, after }) => {
      const before = [...requires, ...after].flatMap((capability) => providers.get(capability) ?? []);
      return [name, [...new Set(before)].filter((other) => other !== name)] as const;
    }),
  );
  const left = new Set(sorted.map(({ name }) => name));
  const order: string[] = [];
  for (;;) {
    const next = [...left].find((name) => dependencies.get(name)?.every((other) => !left.has(other)));
    if (next === undefined) break;
    left.delete(next);
    order.push(next);
  }
  if (left.size > 0) problems.push({ kind: "cycle", units: cycleIn(left, dependencies) });
  return { order: left.size > 0 ? [] : order, dependencies, problems };
}
