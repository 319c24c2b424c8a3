import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { LocalFunction } from './lambda.ts';

/** Where functions can be called. */
export interface LambdaEndpoint {
  /** For AWS_ENDPOINT_URL_LAMBDA. */
  readonly url: string;
  close(): Promise<void>;
}

/** What Lambda takes and gives in one synchronous call. */
const MAX_PAYLOAD_BYTES = 6 * 1024 ** 2;
/** Calls of one function at a time; more are refused as Lambda does, and its clients try again. */
const MAX_CONCURRENCY = 10;
const INVOCATIONS = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/;

/** A refusal of the call itself, by the name and status that Lambda gives it. */
class RefusedCall extends Error {
  readonly status: number;
  constructor(status: number, name: string, message: string) {
    super(message);
    this.name = name;
    this.status = status;
  }
}

/**
 * Serves Lambda's action Invoke for functions by their names, on the loopback address: `RequestResponse`, `Event` and
 * `DryRun`. Functions that are added to `functions` later are found as well. What a function throws is an answer with
 * `X-Amz-Function-Error`, as on Lambda.
 */
export async function startLambdaEndpoint(functions: ReadonlyMap<string, LocalFunction>): Promise<LambdaEndpoint> {
  const inWork = new Map<string, number>();
  const server = createServer((request, response) => {
    answer(request, response, functions, inWork).catch((error: unknown) => refuse(response, error));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${portOf(server.address())}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  functions: ReadonlyMap<string, LocalFunction>,
  inWork: Map<string, number>,
): Promise<void> {
  const event = parsePayload(await readBody(request));
  const name = functionName(request);
  const called = functions.get(name);
  if (!called) throw new RefusedCall(404, 'ResourceNotFoundException', `Function not found: ${name}`);
  const type = request.headers['x-amz-invocation-type'] ?? 'RequestResponse';
  if (type === 'DryRun') return send(response, 204);
  const busy = inWork.get(name) ?? 0;
  if (busy >= MAX_CONCURRENCY) throw new RefusedCall(429, 'TooManyRequestsException', 'Rate Exceeded.');
  inWork.set(name, busy + 1);
  const work = outcome(called, event).finally(() => inWork.set(name, (inWork.get(name) ?? 1) - 1));
  if (type === 'Event') return send(response, 202);
  const { failed, payload } = await work;
  send(response, 200, payload, {
    'X-Amz-Executed-Version': '$LATEST',
    ...(failed ? { 'X-Amz-Function-Error': 'Unhandled' } : {}),
  });
}

/** What the function makes of the event, as the text that Lambda answers with. Never rejects. */
async function outcome(called: LocalFunction, event: unknown): Promise<{ failed: boolean; payload: string }> {
  try {
    const payload = JSON.stringify((await called.invoke(event)) ?? null);
    if (Buffer.byteLength(payload) <= MAX_PAYLOAD_BYTES) return { failed: false, payload };
    const errorMessage = `Response payload size exceeded maximum allowed payload size (${MAX_PAYLOAD_BYTES} bytes).`;
    return { failed: true, payload: JSON.stringify({ errorType: 'Function.ResponseSizeTooLarge', errorMessage }) };
  } catch (error) {
    const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
    const trace = stack?.split('\n') ?? [];
    return { failed: true, payload: JSON.stringify({ errorType: name, errorMessage: message, trace }) };
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes > MAX_PAYLOAD_BYTES) {
      throw new RefusedCall(413, 'RequestTooLargeException', `the payload is over ${MAX_PAYLOAD_BYTES} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parsePayload(text: string): unknown {
  try {
    return text === '' ? {} : JSON.parse(text);
  } catch (error) {
    throw new RefusedCall(400, 'InvalidRequestContentException', `Could not parse request body into json: ${error}`);
  }
}

/** The name in the path, which may be one with a version, or an ARN. */
function functionName({ method, url }: IncomingMessage): string {
  const path = new URL(url ?? '', 'http://localhost').pathname;
  const given = decodeURIComponent(INVOCATIONS.exec(path)?.[1] ?? '');
  const name = /^(?:arn:[^:]+:lambda:[^:]*:[^:]*:function:)?([^:]+)(?::[^:]+)?$/.exec(given)?.[1];
  if (method === 'POST' && name !== undefined) return name;
  throw new RefusedCall(404, 'ResourceNotFoundException', `only Invoke is served here, not ${method} ${path}`);
}

function refuse(response: ServerResponse, error: unknown): void {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  const status = error instanceof RefusedCall ? error.status : 500;
  const Type = status < 500 ? 'User' : 'Service';
  send(response, status, JSON.stringify({ Type, message, Message: message }), { 'X-Amzn-ErrorType': name });
}

function send(response: ServerResponse, status: number, body = '', headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(body);
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('the endpoint of Lambda has no port');
  return address.port;
}
