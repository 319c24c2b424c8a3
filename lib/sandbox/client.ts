import { randomUUID } from 'node:crypto';
import { PermanentError } from '../errors/errors.ts';
import { dumps } from '../python/json.ts';
import { isDict, type PyDict, type PyValue } from '../python/value.ts';
import { type FunctionResult, messageOf, nameOf, readAnswer, resultOf, UnreadableAnswer } from './answer.ts';
import { MAX_PACKED, pack, type SandboxEvent, type SandboxReply } from './protocol.ts';
import { tagged } from './tagged.ts';

export type { FunctionResult } from './answer.ts';

/** Where events go: the function `sandbox`, or boxes of this process. Throws TransientError where it is out of reach. */
export interface SandboxTransport {
  send(event: SandboxEvent): Promise<SandboxReply>;
  /** Ends what is kept for a session, where that can be told. */
  end(session: string): void;
}

/** What the functions of one task need. */
export interface SessionOptions {
  /** For messages: whose functions these are. */
  readonly task: string;
  /** Text files by their path, e.g. `lm_eval/tasks/drop/utils.py`: the modules, and all that these import of the harness. */
  readonly files: ReadonlyMap<string, string>;
  /** File names of wheels of the box's image that the modules import. */
  readonly wheels?: readonly string[];
  /** For one request as a whole, in milliseconds; 120 s unless given. */
  readonly callMs?: number;
  /** For one document (one call of a function), in milliseconds; 20 s unless given. */
  readonly documentMs?: number;
}

/** A function of a module. */
export interface FunctionName {
  readonly path: string;
  readonly name: string;
}

/** A call of a function with Python's values. */
export interface FunctionCall {
  readonly function: FunctionName;
  readonly args: readonly PyValue[];
  readonly kwargs?: ReadonlyMap<string, PyValue>;
  /** How it is called, where not plainly with its arguments: as scoring calls filters and metrics (sampler_box/scoring.py). */
  readonly kind?: 'call' | 'filter' | 'filter class' | 'metric';
}

/**
 * Names a function by the numbers of the document in work and of the function among those of the request; empty where that is not
 * known. The numbers come from the box, and may be any.
 */
export type FunctionOf = (document: number | null, number: number | null) => string;

/**
 * Functions of one task, to be called in a box of their own. Requests of a session follow each other; module state may be kept
 * between calls and may be lost, as a box can be.
 */
export interface SandboxSession {
  /**
   * Calls functions one after the other, each with its arguments.
   * @throws PermanentError SandboxFailed naming task, function and document where the calls run over time or memory, or end their box
   */
  call(calls: readonly FunctionCall[]): Promise<FunctionResult[]>;
  /**
   * Hands the runtime a request of its own, as a text of JSON, and gives its answer.
   * @param functionOf names the function in work, for messages
   * @param first the number of the first document in it, for messages; 0 unless given
   * @throws as `call` does
   */
  request(text: string, functionOf: FunctionOf, first?: number): Promise<PyDict>;
  /** Frees the box. */
  close(): void;
}

const TOO_MUCH_MEMORY = 'asks for more memory than a box has';
const CALL_MS = 120_000;
const DOCUMENT_MS = 20_000;
/** Characters of calls that travel together, before they are packed. */
const MAX_CALLS_TEXT = 4_000_000;

/** Opens a session. Nothing is sent before its first request. */
export function openSandbox(transport: SandboxTransport, options: SessionOptions): SandboxSession {
  let session = randomUUID();
  const files = JSON.stringify(Object.fromEntries(options.files));
  /** `first`: the number of the first document that the text holds. */
  const send = async (text: string, functionOf: FunctionOf, first = 0): Promise<PyDict> => {
    const packed = pack(JSON.stringify([files, text]));
    if (packed.length > MAX_PACKED) {
      throw failed(options.task, '', null, `gets more than the ${MAX_PACKED} characters that fit one call`, 'too much');
    }
    const reply = await transport.send({
      session,
      wheels: [...(options.wheels ?? [])],
      callMs: options.callMs ?? CALL_MS,
      documentMs: options.documentMs ?? DOCUMENT_MS,
      packed,
    });
    if ('end' in reply) {
      const document = reply.document === null ? null : first + reply.document;
      throw failed(options.task, functionOf(document, reply.function), document, ended(reply, options), reply.end);
    }
    try {
      const answer = readAnswer(reply.packed);
      requireDone(answer, options.task, functionOf, first);
      return answer;
    } catch (error) {
      if (error instanceof UnreadableAnswer) throw unreadable(functionOf(null, null), error.message);
      throw error;
    }
  };
  /** Whoever rewrote the runtime has its box no longer: the next request gets a fresh one. */
  const unreadable = (name: string, why: string): PermanentError => {
    transport.end(session);
    session = randomUUID();
    return failed(options.task, name, null, `gave no answer that can be read (${messageOf(why)})`, 'unreadable');
  };
  return {
    request: send,
    async call(calls) {
      const results: FunctionResult[] = [];
      for (const { first, texts } of portions(calls)) {
        const answer = await send(
          `{"op":"call","calls":[${texts.join(',')}]}`,
          (document) => pathOf(calls[document ?? first]?.function),
          first,
        );
        const given = answer.get('results');
        if (!Array.isArray(given) || given.length !== texts.length) {
          throw unreadable('', 'another number of results than of calls');
        }
        results.push(...given.map(resultOf));
      }
      return results;
    },
    close: () => transport.end(session),
  };
}

/** A failure of functions in the sandbox, which trying again would not mend. `end`: how the box ended, where it did. */
export function failed(
  task: string,
  name: string,
  document: number | null,
  what: string,
  end?: string,
): PermanentError {
  const where = `${name === '' ? '' : `, function ${name}`}${document === null ? '' : `, document ${document}`}`;
  return new PermanentError('SandboxFailed', `Task ${task}${where}: the Python code ${what}.`, {
    context: {
      task,
      ...(name === '' ? {} : { function: name }),
      ...(document === null ? {} : { document }),
      ...(end === undefined ? {} : { end }),
    },
  });
}

function* portions(calls: readonly FunctionCall[]): Generator<{ first: number; texts: string[] }> {
  let first = 0;
  let texts: string[] = [];
  let size = 0;
  for (const [i, call] of calls.entries()) {
    const text = callText(call);
    if (texts.length > 0 && size + text.length > MAX_CALLS_TEXT) {
      yield { first, texts };
      [first, texts, size] = [i, [], 0];
    }
    texts.push(text);
    size += text.length;
  }
  if (texts.length > 0) yield { first, texts };
}

function callText({ function: { path, name }, args, kwargs = new Map(), kind = 'call' }: FunctionCall): string {
  const call = new Map<PyValue, PyValue>([
    ['kind', kind],
    ['function', new Map<PyValue, PyValue>(Object.entries({ path, name }))],
    ['args', args.map(tagged)],
    ['kwargs', new Map<PyValue, PyValue>([...kwargs].map(([key, value]) => [key, tagged(value)]))],
  ]);
  return dumps(call, { ensureAscii: true, separators: [',', ':'] });
}

/** @throws PermanentError SandboxFailed where the answer tells of a failure of the request as a whole */
function requireDone(answer: PyDict, task: string, functionOf: FunctionOf, first: number): void {
  const place = () => {
    const within = numberIn(answer.get('document'));
    const document = within === null ? null : first + within;
    const name = functionOf(document, numberIn(answer.get('number')));
    return [name || nameOf(answer.get('function')), document] as const;
  };
  if (answer.has('broken')) throw failed(task, ...place(), TOO_MUCH_MEMORY, 'broken');
  const error = answer.get('failed');
  if (isDict(error)) throw failed(task, ...place(), `raised ${nameOf(error.get('err'))}: ${messageOf(error.get('m'))}`);
}

function numberIn(value: PyValue | undefined): number | null {
  const number = typeof value === 'bigint' ? Number(value) : -1;
  return Number.isSafeInteger(number) && number >= 0 ? number : null;
}

function pathOf(name: FunctionName | undefined): string {
  return name === undefined ? '' : `${name.path.replace(/^lm_eval\/tasks\//, '').replace(/\.py$/, '')}.${name.name}`;
}

function ended(
  { end, detail }: Extract<SandboxReply, { end: string }>,
  { callMs, documentMs }: SessionOptions,
): string {
  switch (end) {
    case 'document over time':
      return `took longer than the ${(documentMs ?? DOCUMENT_MS) / 1000} s that a document may take`;
    case 'call over time':
      return `took longer than the ${(callMs ?? CALL_MS) / 1000} s that a call may take`;
    case 'out of memory':
      return TOO_MUCH_MEMORY;
    case 'answer too long':
      return 'gave an answer too long to be taken';
    case 'would not start':
      return `got no box to run in: ${detail}`;
    default:
      return `ended its box (${detail})`;
  }
}
