/** What a lock file of version 3 says of one place. */
interface Locked {
  readonly link?: boolean;
  readonly resolved?: string;
  /** Not installed where it does not fit the platform. */
  readonly optional?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

export type Places = Readonly<Record<string, Locked>>;

/** What a workspace needs to run. */
export interface Closure {
  /** Folders of our own workspaces, the first one among them. */
  readonly workspaces: readonly string[];
  /** Folders of packages of others, as the lock file names them. */
  readonly packages: readonly string[];
}

/** Where a name leads from a place, as Node looks for it: in its own folder first, then in those above it. */
function resolveFrom(places: Places, place: string, name: string): string | null {
  for (let folder = place; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf("/")))) {
    const found = folder === "" ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
    if (found in places) return found;
    if (folder === "") return null;
  }
}

/** Everything that a workspace depends on, straight or by others; what only makes or tests it is left out. */
export function closureOf(places: Places, workspace: string): Closure {
  const seen = new Set<string>();
  const links = new Set<string>();
  const open = [workspace];
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    if (seen.has(place)) continue;
    seen.add(place);
    const { dependencies, optionalDependencies, peerDependencies } = places[place] ?? {};
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies })) {
      const found = resolveFrom(places, place, name);
      // Platforms that are not this one, and peers that one may leave out.
      if (found === null) continue;
      const { link, resolved = "" } = places[found] ?? {};
      if (link === true) links.add(found);
      open.push(link === true ? resolved : found);
    }
  }
  const isPackage = (place: string) => place.includes("node_modules/");
  return {
    workspaces: [...seen].filter((place) => !isPackage(place)).sort(),
    packages: [...seen].filter(isPackage).sort(),
  };
}

/** A platform as Node names it. */
export interface Platform {
  readonly os: string;
  readonly arch: string;
}

const ofOnnxRuntime = /(^|\/)onnxruntime-node\/bin\/napi-v\d+\/([^/]+)(?:\/([^/]+))?/;
/** Tests, types and maps: nothing of it is ever loaded. */
const idle = /\.test\.[cm]?tsx?$|\.d\.[cm]?ts$|\.map$|\.tsbuildinfo$/;

/** Whether a file or folder goes into the image. ONNX Runtime's package has libraries for five platforms. */
export function isKept(path: string, { os, arch }: Platform): boolean {
  const [, , theirOs, theirArch] = ofOnnxRuntime.exec(path) ?? [];
  if (theirOs !== undefined && theirOs !== os) return false;
  if (theirArch !== undefined && theirArch !== arch) return false;
  return !idle.test(path);
}
