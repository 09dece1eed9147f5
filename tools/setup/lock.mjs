import { randomUUID } from "node:crypto";
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { birthOf } from "./process-birth.mjs";

/**
 * @typedef {object} Holder
 * @property {number} pid Process that holds the lock.
 * @property {string | undefined} born When that process started, in the system's own terms; tells a reused pid apart.
 * @property {string} what What it holds the lock for, in words for people.
 * @property {string} since ISO time.
 */

/** Somebody else holds the lock. */
export class LockHeld extends Error {
  /** @param {Holder} holder */
  constructor(holder) {
    super(`${holder.what} is already running (process ${holder.pid}, since ${holder.since})`);
    this.name = "LockHeld";
    this.holder = holder;
  }
}

/**
 * @param {string} path
 * @returns {string | undefined}
 */
function read(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/**
 * @param {string} draft
 * @param {string} path
 */
function publish(draft, path) {
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

/**
 * Takes away the lock of a process that died. It is moved aside first and read again, so that a lock which somebody took
 * in between is put back.
 * @param {string} path
 * @param {string} text
 */
function clear(path, text) {
  const aside = `${path}.${randomUUID()}`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  if (read(aside) !== text) publish(aside, path);
  rmSync(aside, { force: true });
}

/**
 * Takes a lock that ends with this process, however that ends. Throws `LockHeld` where a living process has it.
 * @param {string} path
 * @param {string} what What the lock is held for, in words for people.
 * @returns {() => void} Gives the lock back.
 */
export function takeLock(path, what) {
  mkdirSync(dirname(path), { recursive: true });
  /** @type {Holder} */
  const mine = { pid: process.pid, born: birthOf(process.pid), what, since: new Date().toISOString() };
  const draft = `${path}.${randomUUID()}`;
  writeFileSync(draft, JSON.stringify(mine), { mode: 0o600 });
  try {
    while (!publish(draft, path)) {
      const text = read(path);
      if (text === undefined) continue;
      /** @type {Holder} */
      const holder = JSON.parse(text);
      if (holder.born !== undefined && birthOf(holder.pid) === holder.born) throw new LockHeld(holder);
      clear(path, text);
    }
  } finally {
    rmSync(draft, { force: true });
  }
  const release = () => rmSync(path, { force: true });
  process.once("exit", release);
  return () => {
    process.off("exit", release);
    release();
  };
}

/**
 * Takes a lock, waiting while a living process has it. Throws `LockHeld` after `limitMs`.
 * @param {string} path
 * @param {string} what
 * @param {{ limitMs: number, onWait: (holder: Holder) => void }} options
 * @returns {Promise<() => void>}
 */
export async function waitForLock(path, what, { limitMs, onWait }) {
  const end = Date.now() + limitMs;
  for (;;) {
    try {
      return takeLock(path, what);
    } catch (error) {
      if (!(error instanceof LockHeld) || Date.now() > end) throw error;
      onWait(error.holder);
      await sleep(500);
    }
  }
}
