import { STATUS_CODES } from "node:http";

const millisecondsPerSecond = 1_000;

/** Words the heads of answers on connections that stay open, as Node words them. */
export class ResponseHead {
  readonly #end: string;
  #second = 0;
  #date = "";

  constructor(keepAliveTimeoutMs: number) {
    const seconds = Math.floor(keepAliveTimeoutMs / millisecondsPerSecond);
    this.#end = `Connection: keep-alive\r\nKeep-Alive: timeout=${seconds}\r\n\r\n`;
  }

  /** `headers` are name, value, name, value; none may have a line break in it. */
  word(status: number, headers: readonly (string | number)[]): string {
    let text = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Unknown"}\r\n`;
    for (let at = 0; at < headers.length; at += 2) text += `${headers[at]}: ${headers[at + 1]}\r\n`;
    return `${text}Date: ${this.#today()}\r\n${this.#end}`;
  }

  #today(): string {
    const second = Math.floor(Date.now() / millisecondsPerSecond);
    if (second !== this.#second) {
      this.#second = second;
      this.#date = new Date(second * millisecondsPerSecond).toUTCString();
    }
    return this.#date;
  }
}
