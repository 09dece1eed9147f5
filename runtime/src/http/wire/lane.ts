import type { Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { Connection, type Take } from "./connection.ts";

/** Gives whole plain requests of a server's connections to `take`, which answers them or leaves them to Node. */
export class Lane {
  readonly #connections = new WeakMap<Socket, Connection>();
  /** Requests that were taken and are not answered yet. */
  #busy = 0;
  #whenQuiet: (() => void) | null = null;

  constructor(server: Server, take: Take) {
    const onBusy = (by: 1 | -1) => {
      this.#busy += by;
      if (this.#busy === 0) this.#whenQuiet?.();
    };
    server.on("connection", (socket: Socket) => {
      const connection = Connection.follow({
        socket,
        onBusy,
        take: (request, answer) => server.listening && take(request, answer),
      });
      if (connection !== null) this.#connections.set(socket, connection);
    });
    // Node does not know of what it did not read, and takes such a connection for one that nothing passes through.
    server.on("timeout", (socket: Socket) => {
      if (this.#connections.get(socket)?.isAnswering !== true) socket.destroy();
    });
    const closeIdle = server.closeIdleConnections.bind(server);
    server.closeIdleConnections = () => this.#afterAnswers(closeIdle);
  }

  /** Says that Node answers a request now. */
  answers(socket: Socket, response: ServerResponse): void {
    this.#connections.get(socket)?.answers(response);
  }

  #afterAnswers(act: () => void): void {
    if (this.#busy === 0) act();
    else this.#whenQuiet = act;
  }
}
