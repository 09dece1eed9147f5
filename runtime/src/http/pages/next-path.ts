const home = "/console/";
const base = "http://next.invalid";

/**
 * Where a person goes after signing in: a path of this service, else the console. Browsers read `//host` and `/\host`
 * as other hosts and drop tabs and line ends, so what is kept is what the URL standard's parser says.
 */
export function nextPath(wanted: string | undefined): string {
  if (wanted === undefined || !wanted.startsWith("/") || !URL.canParse(wanted, base)) return home;
  const url = new URL(wanted, base);
  if (url.origin !== base || url.pathname.startsWith("//")) return home;
  if (["/", "/login", "/logout"].includes(url.pathname)) return home;
  return url.pathname + url.search;
}
