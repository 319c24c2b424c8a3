/**
 * Loaded into each instance of the bench's stack: while the file exists that its own address names (`?to=FILE`), it writes a line there for
 * each event: when it came, when the answer went, and when something went to or came from which port. Without imports of ours, so
 * that it costs a few microseconds.
 */
import { appendFileSync, existsSync } from 'node:fs';
import { Socket } from 'node:net';

const file = new URL(import.meta.url).searchParams.get('to') ?? '';
const { write, emit } = Socket.prototype;
const send = process.send?.bind(process);
/** @type {{ kind: 'in' | 'sent' | 'got' | 'out', port?: number, at: number }[]} */
let marks = [];
let recording = false;

/** @param {'in' | 'sent' | 'got' | 'out'} kind @param {number} [port] */
function mark(kind, port) {
  marks.push({ kind, at: performance.timeOrigin + performance.now(), ...(port === undefined ? {} : { port }) });
}

// For good, as whoever opens a connection may keep what a socket has then.
Socket.prototype.write = /** @type {typeof write} */ (
  function markedWrite(...given) {
    // Pipes have no port.
    if (recording && this.remotePort !== undefined) mark('sent', this.remotePort);
    return Reflect.apply(write, this, given);
  }
);
Socket.prototype.emit = /** @type {typeof emit} */ (
  function markedEmit(name, ...given) {
    if (recording && name === 'data' && this.remotePort !== undefined) mark('got', this.remotePort);
    return Reflect.apply(emit, this, [name, ...given]);
  }
);

process.prependListener('message', () => {
  recording = existsSync(file);
  marks = [];
  if (recording) mark('in');
});

process.send = (...given) => {
  if (recording) mark('out');
  const taken = send?.(...given) ?? false;
  if (recording) appendFileSync(file, `${JSON.stringify({ name: process.env['AWS_LAMBDA_FUNCTION_NAME'], marks })}\n`);
  recording = false;
  return taken;
};
