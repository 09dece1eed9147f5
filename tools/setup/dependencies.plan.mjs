/**
 * @typedef {object} LockedPackage
 * @property {string} [version]
 * @property {string} [integrity]
 * @property {boolean} [link]
 * @property {boolean} [optional]
 * @property {boolean} [devOptional]
 * @property {unknown} [bin]
 * @property {string | string[]} [os]
 * @property {string | string[]} [cpu]
 * @property {string | string[]} [libc]
 */

/** @typedef {{ os: string, cpu: string, libc: string }} Platform */

/**
 * Whether what npm says it installed (`node_modules/.package-lock.json`) is what `package-lock.json` asks for.
 * Optional packages may be absent: they are mostly for other platforms.
 * @param {Record<string, LockedPackage>} wanted
 * @param {Record<string, LockedPackage>} installed
 * @returns {string | undefined} The first difference, in words; nothing when there is none.
 */
export function firstDifference(wanted, installed) {
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === "") continue;
    const there = installed[path];
    if (there === undefined) {
      if (entry.optional || entry.devOptional) continue;
      return `${path} is not installed`;
    }
    if (entry.version !== there.version || entry.integrity !== there.integrity) {
      return `${path} is ${there.version ?? "another"}, not ${entry.version ?? "that of the lockfile"}`;
    }
    if (JSON.stringify(entry.bin) !== JSON.stringify(there.bin)) return `${path} has other commands`;
  }
  const extra = Object.keys(installed).find((path) => !(path in wanted));
  return extra === undefined ? undefined : `${extra} is not in the lockfile`;
}

/**
 * The first optional package that is made for this platform and absent: npm leaves one out without a word when the Node
 * that npm runs on is too old for it.
 * @param {Record<string, LockedPackage>} wanted
 * @param {Record<string, LockedPackage>} installed
 * @param {Platform} platform
 * @returns {string | undefined} In words; nothing when there is none.
 */
export function firstLeftOut(wanted, installed, platform) {
  /** @param {string | string[] | undefined} names @param {string} name */
  const has = (names, name) => names !== undefined && [names].flat().includes(name);
  for (const [path, entry] of Object.entries(wanted)) {
    const fits = has(entry.os, platform.os) && has(entry.cpu, platform.cpu);
    const runs = entry.libc === undefined || has(entry.libc, platform.libc);
    if (fits && runs && installed[path] === undefined) return `${path} was left out`;
  }
  return undefined;
}

/**
 * What a person can do about a failed `npm ci`.
 * @param {string} output What npm printed.
 * @param {string} registry
 */
export function adviseInstall(output, registry) {
  if (/ENOSPC/.test(output)) return "The disk is full: free some 2 GB, then run the same command again.";
  if (/EACCES|EPERM/.test(output)) {
    return "A file or folder belongs to somebody else: make this clone and ~/.npm yours (chown), then run the same command again.";
  }
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ERR_SOCKET_TIMEOUT|network/i.test(output)) {
    return `The package registry ${registry} does not answer: check the network and \`npm config get registry\`, \`proxy\`, \`https-proxy\`, then run the same command again.`;
  }
  if (/EINTEGRITY/.test(output))
    return "A download is damaged: `npm cache verify`, then run the same command again.";
  return "Run `npm ci` by itself to see all of its output; when it works, run the same command again.";
}
