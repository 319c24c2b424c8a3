import { Socket } from 'node:net';

/** Where a connection leads: addresses to be tried in turn, or the path of a Unix socket. */
export interface SocketAddress {
  readonly host: readonly string[];
  readonly port: readonly number[];
  readonly path?: string | false | undefined;
  /** Anything but false where the client goes over to TLS on the socket. */
  readonly ssl?: unknown;
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
  return ({ host, port, path, ssl }) => {
    const socket = new Socket();
    // The client adds its own listener a moment later.
    socket.on('error', () => {});
    const number = opened++ % host.length;
    if (path) socket.connect(path);
    // The client takes the name for TLS from the socket.
    else Object.assign(socket.connect(port[number] ?? 5432, host[number] ?? '127.0.0.1'), { host: host[number] });
    endInOneWay(socket);
    endWhenSilent(socket, silenceMs, Boolean(ssl));
    return socket;
  };
}

/**
 * Where a connection breaks, `error` comes first and `close` a moment later. The client gives a query of that moment to the broken
 * connection, and forgets it where `close` tells of an error: nobody would ever answer. So `close` tells of none, and the query
 * fails with CONNECTION_CLOSED.
 */
function endInOneWay(socket: Socket): void {
  const emit = socket.emit.bind(socket);
  socket.emit = (event: string | symbol, ...args: unknown[]) =>
    event === 'close' ? emit('close', false) : emit(event, ...args);
}

function endWhenSilent(socket: Socket, silenceMs: number, underTls: boolean): void {
  let passed = 0;
  let silent = 0;
  const look = setInterval(() => {
    const now = socket.bytesRead + socket.bytesWritten;
    silent = now === passed ? silent + 1 : 0;
    passed = now;
    // Not by the event `close`, as the client removes all listeners where it goes over to TLS.
    if (socket.destroyed) clearInterval(look);
    else if (silent >= LOOKS) socket.destroy(underTls ? undefined : noAnswer(silenceMs));
  }, silenceMs / LOOKS);
  look.unref();
}

/**
 * Not told below TLS: the client would hear of it before it hears that the socket is closed, and write to it once more, which
 * ends the process. It reports CONNECTION_CLOSED then.
 */
function noAnswer(silenceMs: number): Error {
  return Object.assign(new Error(`Postgres gave no answer for ${silenceMs / 1000} seconds`), { code: 'ETIMEDOUT' });
}
