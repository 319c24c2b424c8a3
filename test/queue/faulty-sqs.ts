import { createServer, type IncomingMessage } from 'node:http';
import * as z from 'zod';

/** A call of SQS on its way. */
export interface Call {
  /** Such as `SendMessageBatch`. */
  readonly action: string;
  /** How many entries it has; 0 where it is no call for several messages. */
  readonly entries: number;
}

/**
 * What becomes of a call: it goes through; SQS refuses it; it takes effect but its answer does not come; or SQS takes of its entries those
 * alone whose places are not named.
 */
export type Fate = 'passes' | 'refused' | 'lost' | { readonly failed: readonly number[] };

const body = z.looseObject({ Entries: z.array(z.looseObject({ Id: z.string() })).optional() });
const answer = z.looseObject({ Failed: z.array(z.unknown()).optional() });

/** An SQS between a client and the one of the run, which does with each call what `fate` says. */
export async function faultySqs(endpoint: string, fate: (call: Call) => Fate | Promise<Fate>) {
  const server = createServer(async (request, response) => {
    const text = await textOf(request);
    const action = String(request.headers['x-amz-target']).split('.')[1] ?? '';
    const asked = body.parse(JSON.parse(text));
    const { Entries = [] } = asked;
    const what = await fate({ action, entries: Entries.length });
    if (what === 'refused') {
      response.writeHead(503, { 'content-type': 'application/x-amz-json-1.0' });
      response.end(JSON.stringify({ __type: 'ServiceUnavailable', message: 'The service is away.' }));
      return;
    }
    const failed = typeof what === 'string' ? [] : what.failed;
    const passing = Entries.filter((_, place) => !failed.includes(place));
    const sent = failed.length === 0 ? text : JSON.stringify({ ...asked, Entries: passing });
    const { status, found } = await forward(endpoint, request, sent);
    if (what === 'lost') {
      request.socket.destroy();
      return;
    }
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' });
    if (failed.length === 0) {
      response.end(found);
      return;
    }
    const Failed = failed.map((place) => ({
      Id: Entries[place]?.Id,
      Code: 'InternalError',
      Message: 'Try again.',
      SenderFault: false,
    }));
    response.end(JSON.stringify({ ...answer.parse(JSON.parse(found)), Failed }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the server has no port');
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function forward(endpoint: string, { headers }: IncomingMessage, text: string) {
  const passed = ['x-amz-target', 'content-type', 'authorization', 'x-amz-date'];
  const sent = passed.map((name): [string, string] => [name, String(headers[name])]);
  const response = await fetch(endpoint, { method: 'POST', headers: sent, body: text });
  return { status: response.status, found: await response.text() };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts).toString();
}
