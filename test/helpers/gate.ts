import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/**
 * How a gate treats who comes: `open` lets all pass; `refused`: nothing listens; `silent`: takes connections and answers
 * nothing, as a host behind a broken network does; `reset`: ends each connection at once; `busy`: answers as a service of AWS does
 * that is overloaded or just starting.
 */
export type GateState = 'open' | 'refused' | 'silent' | 'reset' | 'busy';

const BUSY = `HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`;

/** A way to a server that can be shut in several manners. */
export interface Gate {
  readonly port: number;
  /** How many connections came so far. */
  readonly came: number;
  /** How many are open. */
  readonly open: number;
  /** Changes it for all who come and all who are there: a `silent` gate keeps connections and hands on nothing more. */
  set(state: GateState): Promise<void>;
  /** Leads to another server from now on, and cuts off whoever is on the way to the one before. */
  lead(target: number): void;
  close(): Promise<void>;
}

/** Opens a gate to a server of this machine. */
export async function openGate(firstTarget: number, first: GateState = 'open'): Promise<Gate> {
  const sockets = new Set<Socket>();
  let state: GateState = 'open';
  let target = firstTarget;
  let came = 0;
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  };
  const server = createServer((client) => {
    came++;
    keep(client);
    if (state === 'reset') client.resetAndDestroy();
    if (state === 'busy') client.once('data', () => client.end(BUSY));
    if (state !== 'open') return;
    const there = connect(target, '127.0.0.1');
    keep(there);
    for (const [from, to] of [
      [client, there],
      [there, client],
    ] as const) {
      from.on('data', (bytes) => state !== 'silent' && to.write(bytes));
      from.on('close', () => state !== 'silent' && to.destroy());
    }
  });
  const port = await listen(server, 0);
  const gate: Gate = {
    port,
    get came() {
      return came;
    },
    get open() {
      return sockets.size;
    },
    async set(next) {
      // Connections that were cut off in silence are of no use any more.
      if (next !== state && next !== 'silent') for (const socket of sockets) socket.resetAndDestroy();
      state = next;
      if (next === 'refused' && server.listening) server.close();
      if (next !== 'refused' && !server.listening) await listen(server, port);
    },
    lead(next) {
      target = next;
      for (const socket of sockets) socket.resetAndDestroy();
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    },
  };
  await gate.set(first);
  return gate;
}

async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the gate has no port');
  return address.port;
}
