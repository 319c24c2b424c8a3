import { Socket } from 'node:net';

/** Where a connection leads: addresses to be tried in turn, or the path of a Unix socket. */
export interface SocketAddress {
  readonly host: readonly string[];
  readonly port: readonly number[];
  readonly path?: string | false | undefined;
}

/** How often it is looked whether anything passed. */
const LOOKS = 10;

/**
 * Opens sockets that end when nothing passes on them for `silenceMs`, in either direction. The client of Postgres has no
 * limit of its own for an answer: a server that stops without closing its connections would be waited for without end.
 * @returns what the client takes as its option `socket`
 */
export function guardedSockets(silenceMs: number): (address: SocketAddress) => Socket {
  let opened = 0;
  return ({ host, port, path }) => {
    const socket = new Socket();
    // The client adds its own listener a moment later.
    socket.on('error', () => {});
    const number = opened++ % host.length;
    if (path) socket.connect(path);
    // The client takes the name for TLS from the socket.
    else Object.assign(socket.connect(port[number] ?? 5432, host[number] ?? '127.0.0.1'), { host: host[number] });
    endWhenSilent(socket, silenceMs);
    return socket;
  };
}

function endWhenSilent(socket: Socket, silenceMs: number): void {
  let passed = 0;
  let silent = 0;
  const look = setInterval(() => {
    const now = socket.bytesRead + socket.bytesWritten;
    silent = now === passed ? silent + 1 : 0;
    passed = now;
    // Not by the event `close`, as the client removes all listeners where it goes over to TLS.
    if (socket.destroyed) clearInterval(look);
    else if (silent >= LOOKS) giveUp(socket, silenceMs);
  }, silenceMs / LOOKS);
  look.unref();
}

function giveUp(socket: Socket, silenceMs: number): void {
  const message = `Postgres gave no answer for ${silenceMs / 1000} seconds`;
  socket.destroy(
    socket.listenerCount('error') > 0 ? Object.assign(new Error(message), { code: 'ETIMEDOUT' }) : undefined,
  );
}
