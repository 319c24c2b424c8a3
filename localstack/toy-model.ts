/** A model server on this machine that knows sums, and not all of them: for the demonstration and for tests. */
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';

/** A running one. */
export interface ToyModel {
  /** Such as `http://127.0.0.1:8000`. */
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts it on a free port. It answers `/v1/chat/completions` and `/v1/completions`, the latter also with `echo`. */
export async function startToyModel(): Promise<ToyModel> {
  const server = createServer(async (request, response) => {
    const answer = answerTo(request.url ?? '', await bodyOf(request));
    response.writeHead(answer === null ? 400 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer ?? { error: { message: 'this model answers no such request' } }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts).toString();
}

interface Asked {
  readonly model?: string;
  readonly prompt?: string;
  readonly echo?: boolean;
  readonly messages?: readonly { readonly content: string }[];
}

function answerTo(path: string, body: string): object | null {
  let asked: Asked;
  try {
    asked = JSON.parse(body);
  } catch {
    return null;
  }
  const common = { id: 'toy', created: 0, model: asked.model ?? 'toy' };
  const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
  const { messages, prompt } = asked;
  if (path === '/v1/chat/completions' && messages !== undefined) {
    const message = { role: 'assistant', content: worked(messages.at(-1)?.content ?? ''), tool_calls: null };
    const choices = [{ index: 0, message, finish_reason: 'stop', logprobs: null }];
    return { ...common, object: 'chat.completion', choices, usage };
  }
  if (path !== '/v1/completions' || typeof prompt !== 'string') return null;
  const choice = asked.echo === true ? echoed(prompt) : { text: worked(prompt), logprobs: null };
  return { ...common, object: 'text_completion', choices: [{ index: 0, finish_reason: 'stop', ...choice }], usage };
}

/** Adds up the numbers of the last question; every fourth time it slips by one. */
function worked(text: string): string {
  const question = text.slice(Math.max(0, text.lastIndexOf('Q:')));
  const sum = (question.match(/\d+/g) ?? []).reduce((total, number) => total + Number(number), 0);
  return `Let me see. The answer is ${sum % 4 === 0 ? sum + 1 : sum}.`;
}

/** A token a word, each as likely as its length says, and one generated token at the end. */
function echoed(prompt: string) {
  const tokens = [...(prompt.match(/\s*\S+|\s+/g) ?? []), ' end'];
  const token_logprobs = tokens.map((token, i) => (i === 0 ? null : -token.length / 4));
  const top_logprobs = tokens.map((token, i) => (i === 0 ? null : { [token]: -token.length / 4 }));
  let offset = 0;
  const text_offset = tokens.map((token) => {
    offset += token.length;
    return offset - token.length;
  });
  return { text: tokens.join(''), logprobs: { tokens, token_logprobs, top_logprobs, text_offset } };
}
