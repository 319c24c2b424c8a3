import { once } from 'node:events';
import { createServer } from 'node:net';
import { MongoNetworkError } from 'mongodb';
import { expect, it, vi } from 'vitest';
import { reportError } from '../../bin/cli/report-error.ts';
import { TransientError } from '../../lib/errors/errors.ts';
import { Hub } from '../../lib/hub/hub.ts';

/** What is told of an error. */
function told(error: unknown): string {
  const written: string[] = [];
  const spy = vi.spyOn(process.stderr, 'write').mockImplementation((text) => written.push(String(text)) > 0);
  reportError(error);
  spy.mockRestore();
  return written.join('');
}

it('sends to the stack where a part of it does not answer, and not where the hub is away', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  server.close();
  await once(server, 'close');
  const patience = { tries: 1, firstWaitMs: 1 };
  const away = await new Hub({ url, patience }).commit('gsm8k', 'main').then(String, (error: unknown) => error);
  expect(told(away)).toMatch(
    /^Unavailable: .*127\.0\.0\.1:\d+ gives no answer: .*ECONNREFUSED.* --from DIR .*another hub\.\n$/,
  );
  const stack = told(new TransientError('Unavailable', 'connect ECONNREFUSED 127.0.0.1:5432.'));
  expect(stack).toMatch(/npm start|npx sampler doctor|\.local\/env/);
  expect(stack).not.toContain('--from');
});

it('names the server that does not answer', () => {
  expect(told(new MongoNetworkError('Server selection timed out after 10000 ms.'))).toMatch(
    /^Unavailable: MongoDB: Server selection timed out after 10000 ms\. \S/,
  );
});
