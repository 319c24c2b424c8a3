import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { textLength } from '../../lib/payload/ctxlen.ts';
import { chatArgument, chatPrinter, completionPrinter, modelArgs } from '../../lib/payload/data.ts';
import { type ChatMessage, chatLength } from '../../lib/payload/message.ts';
import type { PyDict, PyValue } from '../../lib/python/value.ts';
import { hasPython, Python } from '../helpers/python.ts';
import { text } from '../helpers/python-values.ts';

const content = fc.oneof(text, fc.constantFrom('', ' ', '  ', 'a b  c\n d', 'é \u2028 "x" \\'));
const chat: fc.Arbitrary<ChatMessage[]> = fc.array(
  fc.record({ role: fc.constantFrom('system', 'user', 'assistant'), content }),
  { maxLength: 5 },
);
/** Floats that Python's and pydantic's printers write alike. */
const plainFloat = fc.integer({ min: -99999, max: 99999 }).map((n) => n / 1000);
const extra: fc.Arbitrary<PyValue> = fc.oneof(
  text,
  plainFloat.map((x): PyValue => x),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.constantFrom<PyValue[]>(null, true, false),
  fc.array(text, { maxLength: 3 }),
);
interface Arguments {
  readonly until: string | string[];
  readonly maxGenToks: bigint;
  readonly temperature: number;
  readonly extras: readonly (readonly [string, PyValue])[];
}
const arguments_: fc.Arbitrary<Arguments> = fc.record({
  until: fc.oneof(text, fc.array(text, { maxLength: 6 })),
  maxGenToks: fc.bigInt({ min: 0n, max: 4096n }),
  temperature: fc.oneof(plainFloat, fc.integer({ min: 0, max: 2 })),
  extras: fc.array(
    fc.tuple(
      text.map((name) => `x_${name}`),
      extra,
    ),
    { maxLength: 4 },
  ),
});

function toKwargs({ until, maxGenToks, temperature, extras }: Arguments): PyDict {
  return new Map<PyValue, PyValue>([
    ['until', until],
    ...extras,
    ['max_gen_toks', maxGenToks],
    ['do_sample', false],
    ['temperature', temperature],
  ]);
}

function toPython(messages: readonly ChatMessage[]): PyValue {
  return messages.map(
    (message): PyValue =>
      new Map<PyValue, PyValue>([
        ['role', message.role],
        ['content', message.content],
      ]),
  );
}

describe.skipIf(!hasPython)('the texts of a request, compared with Python', () => {
  const python = new Python(`
def compact(value): return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
def turn(m):
    names = ["role", "content"] if m["role"] == "assistant" else ["content", "role"]
    return {**{name: m[name] for name in names}, "type": "text"}
def stops(until): return [until] if isinstance(until, str) else until
def chat(messages, k):
    out = {"messages": [turn(m) for m in messages], "model": "pocket_network", "max_tokens": k["max_gen_toks"], "seed": 1234}
    if stops(k["until"]): out["stop"] = stops(k["until"])[:4]
    out["temperature"] = float(k["temperature"])
    out.update((name, v) for name, v in k.items() if name.startswith("x_"))
    return compact(out)
def completion(prompt, k):
    out = {"model": "pocket_network", "prompt": prompt}
    if k["max_gen_toks"] != 16: out["max_tokens"] = k["max_gen_toks"]
    out["seed"] = 1234
    if stops(k["until"]): out["stop"] = stops(k["until"])
    out["temperature"] = float(k["temperature"])
    return compact(out)
def argument(messages):
    return json.dumps([{"role": m["role"], "content": m["content"], "type": "text"} for m in messages], ensure_ascii=False)
def length(text): return int(len(text.split(" ")) / 0.75)
def chat_length(messages): return sum(length(m["content"]) + 2 for m in messages)
`);
  afterAll(() => python.close());

  const compare = async <T>(
    arbitrary: fc.Arbitrary<T>,
    name: string,
    args: (input: T) => PyValue[],
    mine: (input: T) => PyValue,
  ) =>
    fc.assert(
      fc.asyncProperty(fc.array(arbitrary, { minLength: 30, maxLength: 60 }), async (inputs) => {
        expect(inputs.map(mine)).toEqual(await python.values(name, inputs.map(args)));
      }),
      { numRuns: 10 },
    );

  it('data of any chat is the JSON that Python prints', () =>
    compare(
      fc.tuple(chat, arguments_),
      'chat',
      ([messages, kwargs]) => [toPython(messages), toKwargs(kwargs)],
      ([messages, kwargs]) => chatPrinter(toKwargs(kwargs), modelArgs(new Map()))(messages),
    ));

  it('data of any completion is the JSON that Python prints', () =>
    compare(
      fc.tuple(content, arguments_),
      'completion',
      ([prompt, kwargs]) => [prompt, toKwargs(kwargs)],
      ([prompt, kwargs]) => completionPrinter(toKwargs(kwargs), modelArgs(new Map()))(prompt),
    ));

  it('the argument of any chat is the JSON that Python prints', () =>
    compare(chat, 'argument', (messages) => [toPython(messages)], chatArgument));

  it('estimated lengths are the same', async () => {
    await compare(
      content,
      'length',
      (one) => [one],
      (one) => BigInt(textLength(one)),
    );
    await compare(
      chat,
      'chat_length',
      (messages) => [toPython(messages)],
      (messages) => BigInt(chatLength(messages)),
    );
  });
});
