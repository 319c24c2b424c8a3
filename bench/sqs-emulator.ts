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

const batch = z.object({ Entries: z.array(z.object({ Id: z.string(), MessageBody: z.string() })) });

/** Takes batches of messages with next to no work; whatever is no call of SQS goes on to the emulator. */
export async function startSqsEmulator(emulator: string): Promise<SqsEmulator> {
  const bodies: string[] = [];
  const server = createServer(async (incoming, outgoing) => {
    const target = incoming.headers['x-amz-target'];
    if (target === undefined) return passOn(incoming, outgoing, emulator);
    if (target !== 'AmazonSQS.SendMessageBatch') return outgoing.writeHead(400).end();
    const { Entries } = batch.parse(JSON.parse(await textOf(incoming)));
    bodies.push(...Entries.map(({ MessageBody }) => MessageBody));
    const Successful = Entries.map(({ Id, MessageBody }) => ({
      Id,
      MessageId: 'sent',
      MD5OfMessageBody: createHash('md5').update(MessageBody).digest('hex'),
    }));
    outgoing.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' });
    outgoing.end(JSON.stringify({ Successful, Failed: [] }));
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
