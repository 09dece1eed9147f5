import { keysOf, type Path } from "./condition.ts";
import { fieldsOf, isUnknown, itemsOf } from "./plain-data.ts";
import { valueBelow } from "./truth.ts";

/** A step from a thing to what is judged in it. */
export type Step =
  /** One value below it. */
  | { readonly go: "to"; readonly keys: readonly string[] }
  /** Every item of some lists below it. */
  | { readonly go: "each"; readonly lists: readonly (readonly string[])[] }
  /** Every entry of a map below it, as `{ name, value }`. */
  | { readonly go: "entries"; readonly keys: readonly string[] };

/** Ways from a pod or an object to what is judged. */
export type Scope = readonly (readonly Step[])[];

/** A thing to judge, and where it stands. */
export interface Located {
  readonly path: string;
  readonly value: unknown;
}

export const to = (path: Path): Step => ({ go: "to", keys: keysOf(path) });
export const each = (...lists: readonly Path[]): Step => ({ go: "each", lists: lists.map(keysOf) });
export const entries = (path: Path): Step => ({ go: "entries", keys: keysOf(path) });

/** The same ways, and further steps at their ends. */
export const within = (scope: Scope, ...steps: readonly Step[]): Scope =>
  scope.map((way) => [...way, ...steps]);

/** The object itself. */
export const theObject: Scope = [[]];
/** The spec of a pod. */
export const thePod: Scope = [[to("spec")]];
/** Containers that do a pod's work: init containers and ordinary ones. */
export const workingContainers = within(thePod, each("initContainers", "containers"));
/** The containers of all three lists. */
export const containers = within(thePod, each("initContainers", "containers", "ephemeralContainers"));
/** The security contexts of all containers, empty where there is none. */
export const containerContexts = within(containers, to("securityContext"));
/** The security contexts of the pod and of all containers. */
export const allContexts: Scope = [...within(thePod, to("securityContext")), ...containerContexts];
export const volumes = within(thePod, each("volumes"));

function join(path: string, keys: readonly string[]): string {
  if (keys.length === 0) return path;
  return path === "" ? keys.join(".") : `${path}.${keys.join(".")}`;
}

/** Nothing can be said about the items of a list that is not known yet. */
function take({ path, value }: Located, step: Step): readonly Located[] {
  switch (step.go) {
    case "to":
      return [{ path: join(path, step.keys), value: valueBelow(value, step.keys) }];
    case "each":
      return step.lists.flatMap((keys) =>
        itemsOf(valueBelow(value, keys)).map((item, index) => ({
          path: `${join(path, keys)}[${index}]`,
          value: item,
        })),
      );
    case "entries": {
      const map = valueBelow(value, step.keys);
      if (isUnknown(map)) return [];
      return Object.entries(fieldsOf(map)).map(([name, inner]) => ({
        path: join(path, step.keys),
        value: { name, value: inner },
      }));
    }
  }
}

function walk(root: unknown, scope: Scope): readonly Located[] {
  return scope.flatMap((way) =>
    way.reduce<readonly Located[]>(
      (places, step) => places.flatMap((place) => take(place, step)),
      [{ path: "", value: root }],
    ),
  );
}

/** Many rules go the same ways from the same pod, and nothing changes it. */
const known = new WeakMap<object, Map<Scope, readonly Located[]>>();

/** All that is to be judged below a root. */
export function locate(root: object, scope: Scope): readonly Located[] {
  const places = known.get(root) ?? new Map<Scope, readonly Located[]>();
  known.set(root, places);
  const found = places.get(scope) ?? walk(root, scope);
  places.set(scope, found);
  return found;
}
