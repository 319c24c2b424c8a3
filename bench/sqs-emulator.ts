import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as z from 'zod';

/** A queue that takes messages and gives them to nobody but the bench. */
export interface SqsEmulator {
  readonly url: string;
  readonly port: number;
  /** The bodies that were sent. */
  readonly bodies: string[];
  close(): void;
}

const one = z.object({ MessageBody: z.string() });
const batch = z.object({ Entries: z.array(z.object({ Id: z.string(), MessageBody: z.string() })) });

/** Takes messages, one or a batch at a time, with next to no work; whatever is no call of SQS goes on to the emulator. */
export async function startSqsEmulator(emulator: string): Promise<SqsEmulator> {
  const bodies: string[] = [];
  const server = createServer(async (incoming, outgoing) => {
    const target = incoming.headers['x-amz-target'];
    if (target === undefined) return passOn(incoming, outgoing, emulator);
    const taken = answerTo(target, JSON.parse(await textOf(incoming)));
    if (taken === undefined) return outgoing.writeHead(400).end();
    bodies.push(...taken.bodies);
    outgoing.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' });
    outgoing.end(JSON.stringify(taken.answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const port = portOf(server.address());
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    bodies,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** What a call sends, and what SQS says to it; undefined for calls that send nothing. */
function answerTo(target: string | string[], call: unknown): { bodies: string[]; answer: object } | undefined {
  if (target === 'AmazonSQS.SendMessage') {
    const { MessageBody } = one.parse(call);
    return { bodies: [MessageBody], answer: sent(MessageBody) };
  }
  if (target !== 'AmazonSQS.SendMessageBatch') return undefined;
  const { Entries } = batch.parse(call);
  const Successful = Entries.map(({ Id, MessageBody }) => ({ Id, ...sent(MessageBody) }));
  return { bodies: Entries.map(({ MessageBody }) => MessageBody), answer: { Successful, Failed: [] } };
}

function sent(body: string): { MessageId: string; MD5OfMessageBody: string } {
  return { MessageId: 'sent', MD5OfMessageBody: createHash('md5').update(body).digest('hex') };
}

function passOn(incoming: IncomingMessage, outgoing: ServerResponse, emulator: string): void {
  const { method, headers } = incoming;
  const onward = request(new URL(incoming.url ?? '/', emulator), { method, headers }, (answer) => {
    outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
    answer.pipe(outgoing);
  });
  incoming.pipe(onward);
}

async function textOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('the emulator has no port');
  return address.port;
}
