import { connect, createServer, type Socket } from 'node:net';
import { BSON } from 'mongodb';

/** A wire between a process and a database, on which something can happen to what passes. */
export interface Wire {
  readonly port: number;
  close(): void;
}

/** A MongoDB command on its way there, or its answer on the way back. */
export interface Passing {
  readonly command: string;
  /** The collection that it is about, if it is about one. */
  readonly collection: string;
  readonly when: 'asked' | 'answered';
}

/** Looks at what passes; it continues only when this resolves. False cuts the wire instead. */
export type Look<T> = (passing: T) => Promise<boolean> | boolean;

const OP_MSG = 2013;
const HEADER = 16;
/** Header, flags, kind of the first section. */
const BODY_AT = 21;

/** A wire to MongoDB that shows each command before it arrives and each answer before it gets back. */
export function mongoWire(port: number, look: Look<Passing>): Promise<Wire> {
  return wire(port, () => {
    const asked = new Map<number, Omit<Passing, 'when'>>();
    return {
      split: splitMessages,
      async toServer(message) {
        const command = commandOf(message);
        if (!command) return true;
        asked.set(message.readInt32LE(4), command);
        return look({ ...command, when: 'asked' });
      },
      async toClient(message) {
        const command = asked.get(message.readInt32LE(8));
        return command ? look({ ...command, when: 'answered' }) : true;
      },
    };
  });
}

/** A wire to any server that shows the bytes coming back. */
export function byteWire(port: number, look: Look<Buffer>): Promise<Wire> {
  return wire(port, () => ({ split: (bytes) => [[bytes], Buffer.alloc(0)], toServer: () => true, toClient: look }));
}

interface Handling {
  /** Cuts bytes into messages and a rest that is not whole yet. */
  split(bytes: Buffer): [Buffer[], Buffer];
  readonly toServer: Look<Buffer>;
  readonly toClient: Look<Buffer>;
}

async function wire(port: number, handling: () => Handling): Promise<Wire> {
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const target = connect(port, '127.0.0.1');
    const { split, toServer, toClient } = handling();
    pass(client, target, split, toServer);
    pass(target, client, split, toClient);
    for (const socket of [client, target]) {
      open.add(socket);
      socket.on('close', () => open.delete(socket));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the wire has no port');
  return {
    port: address.port,
    close() {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
}

function pass(from: Socket, to: Socket, split: Handling['split'], look: Look<Buffer>): void {
  let rest = Buffer.alloc(0);
  let before = Promise.resolve();
  from.on('data', (bytes: Buffer) => {
    const [messages, left] = split(Buffer.concat([rest, bytes]));
    rest = Buffer.from(left);
    for (const message of messages) {
      before = before.then(async () => {
        if (to.destroyed) return;
        if (await look(message)) to.write(message);
        else to.destroy();
      });
    }
  });
  from.on('error', () => {});
  from.on('close', () => void before.then(() => to.destroy()));
}

function splitMessages(bytes: Buffer): [Buffer[], Buffer] {
  const messages: Buffer[] = [];
  let at = 0;
  while (bytes.length - at >= HEADER) {
    const length = bytes.readInt32LE(at);
    if (bytes.length - at < length) break;
    messages.push(bytes.subarray(at, at + length));
    at += length;
  }
  return [messages, bytes.subarray(at)];
}

function commandOf(message: Buffer): Omit<Passing, 'when'> | undefined {
  if (message.readInt32LE(12) !== OP_MSG || message[BODY_AT - 1] !== 0) return undefined;
  const size = message.readInt32LE(BODY_AT);
  const [first] = Object.entries(BSON.deserialize(message.subarray(BODY_AT, BODY_AT + size)));
  if (!first) return undefined;
  const [command, value] = first;
  return { command, collection: typeof value === 'string' ? value : '' };
}
