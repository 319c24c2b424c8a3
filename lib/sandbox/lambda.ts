import { InvokeCommand, type LambdaClient, LambdaServiceException } from '@aws-sdk/client-lambda';
import { TransientError } from '../errors/errors.ts';
import type { SandboxTransport } from './client.ts';
import { sandboxReply } from './protocol.ts';

/** Waits before a call is made again that Lambda had no room for, in milliseconds; after them its message comes back. */
const ROOM_WAITS = [500, 2000];
const NO_ROOM = 'TooManyRequestsException';

/** Where to tell of what is slower than it should be; the function `sandbox` itself keeps no log. */
export interface SandboxLog {
  warn(message: string, fields: Readonly<Record<string, unknown>>): void;
}

/** The function `sandbox`, on AWS or on the local stack (AWS_ENDPOINT_URL_LAMBDA). */
export function lambdaSandbox(client: LambdaClient, functionName: string, log?: SandboxLog): SandboxTransport {
  return {
    async send(event) {
      const answer = await invoke(client, functionName, JSON.stringify(event));
      const reply = sandboxReply.safeParse(answer);
      if (reply.success) {
        const { code = 'taken' } = reply.data;
        if (code !== 'taken') log?.warn('A box had to compile Python for itself, and is slower for it', { code });
        return reply.data;
      }
      throw new TransientError('Unavailable', `The function ${functionName} gave no answer of the sandbox.`);
    },
    // A box that nobody asks again makes room when its function needs some.
    end: () => {},
  };
}

async function invoke(client: LambdaClient, FunctionName: string, payload: string): Promise<unknown> {
  try {
    const answer = await whereThereIsRoom(() => client.send(new InvokeCommand({ FunctionName, Payload: payload })));
    const text = answer.Payload === undefined ? '' : Buffer.from(answer.Payload).toString();
    if (answer.FunctionError === undefined) return JSON.parse(text);
    throw new TransientError('Unavailable', `The function ${FunctionName} failed: ${text.slice(0, 300)}`);
  } catch (error) {
    if (error instanceof TransientError) throw error;
    const what = error instanceof LambdaServiceException ? error.name : String(error);
    throw new TransientError('Unavailable', `The function ${FunctionName} can't be reached: ${what}`, { cause: error });
  }
}

/** Nothing was begun where Lambda has no room; all else that fails may have taken all of its time, and is not asked again here. */
async function whereThereIsRoom<T>(call: () => Promise<T>): Promise<T> {
  for (const wait of ROOM_WAITS) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof LambdaServiceException && error.name === NO_ROOM)) throw error;
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }
  return await call();
}
