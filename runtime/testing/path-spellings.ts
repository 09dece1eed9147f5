const dots = [
  "..",
  "%2e%2e",
  "%2E.",
  ".%2e",
  "%252e%252e",
  "%25252e%25252e",
  "%EF%BC%8E%EF%BC%8E",
  "%E2%80%A5",
  "%c0%ae%c0%ae",
  "%e0%80%ae%e0%80%ae",
  "%25c0%25ae%25c0%25ae",
  "%u002e%u002e",
  "%25u002e%25u002e",
  "..;",
  "..%3b",
  "%2e%2e%3ba=b",
];
const slashes = ["/", "%2f", "%252f", "\\", "%5c", "%255c", "%E2%88%95", "%EF%BC%8F"];
const ups = dots.flatMap((dot) => slashes.flatMap((slash) => [1, 4].map((n) => `${dot}${slash}`.repeat(n))));

/** More than 500 ways to write, in an address, a path that leads out of the store. */
export const pathSpellings: readonly string[] = [
  ...ups.map((up) => `a/${up}etc/passwd`),
  ...ups.map((up) => `${up}etc/passwd`),
  ...dots.flatMap((dot) => [`a/b/${dot}`, `a/${dot}/${dot}/${dot}/etc/passwd`]),
  "/etc/passwd",
  "%2fetc/passwd",
  "%252fetc/passwd",
  "//etc/passwd",
  "file:///etc/passwd",
  "FILE:///etc/passwd",
  "file:%2f%2f%2fetc%2fpasswd",
  "%66ile:///etc/passwd",
  "s3://bucket/etc/passwd",
  "C:%5cwindows",
  "c:/windows",
  "%5c%5chost%5cshare",
  "a%00b",
  "a%2500b",
  "a%0Ab",
  "a/./b",
  "a/%2e/b",
  "a//b",
  "%5c%5c%3f%5cC:%5cwindows",
  "%5c%5c.%5cpipe%5cx",
  "//host/share/x",
  "....//....//etc/passwd",
  "....%5c%5c....%5c%5cetc/passwd",
  "a/..%00/etc/passwd",
  "a/..%0d%0a/etc/passwd",
  "a/%EF%BF%BE%0a",
];

/** One in seven of them, of every kind, for tests that must be quick. */
export const somePathSpellings: readonly string[] = pathSpellings.filter((_spelling, at) => at % 7 === 0);
