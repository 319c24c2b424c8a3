import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { chatPrinter, completionPrinter, modelArgs } from '../../lib/payload/data.ts';
import type { PyDict, PyValue } from '../../lib/python/value.ts';
import { errorOf } from '../helpers/error-of.ts';
import { outcomeOf, Python, packageVersion } from '../helpers/python.ts';

const dict = (entries: Record<string, PyValue>): PyDict => new Map<PyValue, PyValue>(Object.entries(entries));
const chat = (kwargs: PyDict, llmArgs: PyDict = new Map()): string => chatPrinter(kwargs, modelArgs(llmArgs))([]);
const completion = (kwargs: PyDict, llmArgs: PyDict = new Map()): string =>
  completionPrinter(kwargs, modelArgs(llmArgs))('Why?');
/** What comes behind the model's name. */
const behind = (data: string): string => data.replace(/^.*?"pocket_network",("prompt":"Why\?",)?/, '').slice(0, -1);

describe('a null is left out only where it is the default', () => {
  it.each<[Record<string, PyValue>, string, string]>([
    [{ max_gen_toks: null }, '"seed":1234,"temperature":0.0', '"max_tokens":null,"seed":1234,"temperature":0.0'],
    [{ max_tokens: null }, '"seed":1234,"temperature":0.0', '"max_tokens":null,"seed":1234,"temperature":0.0'],
    [{ temperature: null }, '"max_tokens":1024,"seed":1234', '"max_tokens":1024,"seed":1234'],
    [
      { stop: null },
      '"max_tokens":1024,"seed":1234,"stop":null,"temperature":0.0',
      '"max_tokens":1024,"seed":1234,"stop":null,"temperature":0.0',
    ],
    [
      { frequency_penalty: null, n: null },
      '"frequency_penalty":null,"max_tokens":1024,"n":null,"seed":1234,"temperature":0.0',
      '"frequency_penalty":null,"max_tokens":1024,"n":null,"seed":1234,"temperature":0.0',
    ],
    [
      { top_p: Number.POSITIVE_INFINITY, temperature: 'nan' },
      '"max_tokens":1024,"seed":1234,"temperature":null,"top_p":null',
      '"max_tokens":1024,"seed":1234,"temperature":null,"top_p":null',
    ],
    [{ user: null, seed: null }, '"max_tokens":1024,"temperature":0.0', '"max_tokens":1024,"temperature":0.0'],
  ])('case %#', (kwargs, onChat, onText) => {
    expect([behind(chat(dict(kwargs))), behind(completion(dict(kwargs)))]).toEqual([onChat, onText]);
  });
});

describe('fields stand in the order of their model, coerced to their types, without what is a default', () => {
  it.each<[Record<string, PyValue>, string]>([
    [{ max_completion_tokens: 64n }, '"max_tokens":1024,"max_completion_tokens":64,"seed":1234,"temperature":0.0'],
    [
      { top_logprobs: 0n, tool_choice: 'none', parallel_tool_calls: false },
      '"max_tokens":1024,"seed":1234,"temperature":0.0',
    ],
    [{ logit_bias: dict({ 5: 1n }) }, '"logit_bias":{"5":1.0},"max_tokens":1024,"seed":1234,"temperature":0.0'],
    [{ frequency_penalty: -0 }, '"max_tokens":1024,"seed":1234,"temperature":0.0'],
    [
      { response_format: dict({ type: 'json_object', json_schema: null }), own: 1 },
      '"max_tokens":1024,"response_format":{"type":"json_object"},"seed":1234,"temperature":0.0,"own":1.0',
    ],
  ])('case %#', (kwargs, expected) => {
    expect(behind(chat(dict(kwargs)))).toBe(expected);
  });
});

describe('what the request models refuse is refused, naming the argument', () => {
  it.each<[Record<string, PyValue>]>([
    [{ until: [1n] }],
    [{ stop: 5n }],
    [{ seed: 2n ** 63n }],
    [{ model: null }],
    [{ temperature: 'warm' }],
    [{ logit_bias: [] }],
    [{ user: 5n }],
    [{ stream_options: true }],
  ])('case %#', (kwargs) => {
    const [name = ''] = Object.keys(kwargs);
    const named = name === 'until' ? 'stop' : name;
    const expected = { code: 'BadMessage', message: expect.stringContaining(`"${named}"`) };
    expect(errorOf(() => chat(dict(kwargs)))).toMatchObject(expected);
    expect(errorOf(() => completion(dict(kwargs)))).toMatchObject(expected);
  });

  it.each<[Record<string, PyValue>]>([
    [{ response_format: 'json' }],
    [{ response_format: dict({ type: 'xml' }) }],
    [{ tools: 'x' }],
    [{ tools: [dict({ function: dict({}) })] }],
    [{ tool_choice: 'some' }],
  ])('on chat, case %#', (kwargs) => {
    expect(errorOf(() => chat(dict(kwargs)))).toMatchObject({ code: 'BadMessage' });
    expect(completion(dict(kwargs))).toBe(completion(new Map()));
  });

  it('an argument that would replace the question', () => {
    expect(errorOf(() => chat(dict({ messages: [] })))).toMatchObject({ code: 'BadMessage' });
    expect(errorOf(() => completion(dict({ prompt: 'x' })))).toMatchObject({ code: 'BadMessage' });
  });
});

describe('arguments of the model', () => {
  const until = ['a', 'b', 'c'];

  it('eos_string ends the stop sequences unless it is among them, before chat cuts them to four', () => {
    const stopOf = (stops: PyValue, eos: string) =>
      /"stop":(\[.*?\])/.exec(chat(dict({ until: stops }), dict({ eos_string: eos })))?.[1];
    expect(stopOf(until, '<end>')).toBe('["a","b","c","<end>"]');
    expect(stopOf(until, 'b')).toBe('["a","b","c"]');
    expect(stopOf([...until, 'd'], '<end>')).toBe('["a","b","c","d"]');
    expect(completion(dict({ until: [...until, 'd'] }), dict({ eos_string: '<end>' }))).toContain(
      '"stop":["a","b","c","d","<end>"]',
    );
  });

  it('sequences given as stop are not cut', () => {
    expect(chat(dict({ stop: [...until, 'd', 'e'] }))).toContain('"stop":["a","b","c","d","e"]');
  });

  it('pretrained names the model where model does not; numbers are cut as int() cuts them', () => {
    expect(chat(new Map(), dict({ pretrained: 'p' }))).toContain('"model":"p"');
    expect(chat(new Map(), dict({ pretrained: 'p', model: 'm' }))).toContain('"model":"m"');
    expect(chat(new Map(), dict({ max_gen_toks: 7.9, seed: ' 12 ' }))).toContain('"max_tokens":7,"seed":12');
    expect(errorOf(() => modelArgs(dict({ seed: '1.5' })))).toMatchObject({ code: 'BadMessage' });
    expect(errorOf(() => modelArgs(dict({ eos_string: 1n })))).toMatchObject({ code: 'BadMessage' });
  });
});

describe("an operator's own style of requests", () => {
  const style = {
    chatTokensField: 'max_completion_tokens',
    leaveOut: ['temperature', 'top_p', 'top_k'],
    defaultTokens: 8192,
  } as const;
  const styled = (kwargs: PyDict) => behind(chatPrinter(kwargs, modelArgs(new Map(), style))([]));

  it('names the tokens otherwise on chat, leaves out what it says whoever set it, and has its own default', () => {
    expect(styled(new Map())).toBe('"max_completion_tokens":8192,"seed":1234');
    expect(styled(dict({ max_gen_toks: 7n, temperature: 0.5, top_p: 1, top_k: 3n, own: 1n }))).toBe(
      '"max_completion_tokens":7,"seed":1234,"own":1',
    );
  });

  it('completions keep their name for the tokens', () => {
    expect(behind(completionPrinter(dict({ temperature: 1 }), modelArgs(new Map(), style))('Why?'))).toBe(
      '"max_tokens":8192,"seed":1234',
    );
  });
});

const NAMES = [
  ...['frequency_penalty', 'logit_bias', 'logprobs', 'top_logprobs', 'max_tokens', 'max_completion_tokens', 'n'],
  ...['presence_penalty', 'response_format', 'seed', 'stop', 'stream', 'stream_options', 'temperature', 'top_p'],
  ...['tools', 'tool_choice', 'parallel_tool_calls', 'user', 'best_of', 'echo', 'suffix', 'own', 'min_p'],
];
const leaf: fc.Arbitrary<PyValue> = fc.oneof(
  fc.constantFrom<PyValue>(null, true, false, 0n, 1n, 16n, -1n, 2n ** 63n, 10n ** 30n, 0, -0, 1, 0.5, 1e22, 1e-7),
  fc.constantFrom<PyValue>('', '1', '1.0', 'true', 'none', 'auto', 'x', ' 5 ', 'é\u2028/'),
  fc.constantFrom<PyValue>([], ['a', 'b'], [1n], [null], dict({}), dict({ 5: 1n }), dict({ a: 'x' })),
);
const shaped: fc.Arbitrary<PyValue> = fc.constantFrom<PyValue>(
  dict({ type: 'json_object' }),
  dict({ type: 'json_schema', json_schema: dict({ name: 's', schema: dict({ z: 1, a: null }), strict: null }) }),
  dict({ type: 'text', more: 1n }),
  dict({ include_usage: false }),
  dict({ include_usage: true }),
  [dict({ type: 'function', function: dict({ name: 'f', parameters: dict({ b: [1, 2n] }) }) })],
  [dict({ function: dict({ name: 'f', description: null }) })],
  [dict({ type: 'other', function: dict({ name: 'f' }) })],
  dict({ type: 'function', function: dict({ name: 'f' }) }),
  dict({ function: dict({ name: 5n }) }),
);
const kwargs = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...NAMES), fc.oneof(leaf, shaped)), {
    selector: ([name]) => name,
    maxLength: 4,
  })
  .map((entries): PyDict => new Map<PyValue, PyValue>(entries));

// Later versions print floats otherwise; 2.10 is the Python service's.
describe.skipIf(!packageVersion('pydantic').startsWith('2.10.'))('the same models in the real pydantic 2.10', () => {
  const python = new Python(`
from typing import Any, Dict, List, Literal, Optional, Union
from pydantic import BaseModel, ConfigDict, Field
class Strict(BaseModel): model_config = ConfigDict(extra="forbid")
class Schema(Strict):
    name: str; description: Optional[str] = None
    json_schema: Optional[Dict[str, Any]] = Field(default=None, alias="schema"); strict: Optional[bool] = None
class Format(Strict): type: Literal["text", "json_object", "json_schema"]; json_schema: Optional[Schema] = None
class Streaming(Strict): include_usage: Optional[bool] = True; continuous_usage_stats: Optional[bool] = True
class Function(Strict): name: str; description: Optional[str] = None; parameters: Optional[Dict[str, Any]] = None
class Tool(Strict): type: Literal["function"] = "function"; function: Function
class Named(Strict): name: str
class Choice(Strict): function: Named; type: Literal["function"] = "function"
Int64 = Field(None, ge=-2**63, le=2**63 - 1)
class Chat(BaseModel):
    model_config = ConfigDict(extra="allow")
    model: str
    frequency_penalty: Optional[float] = 0.0
    logit_bias: Optional[Dict[str, float]] = None
    logprobs: Optional[bool] = False
    top_logprobs: Optional[int] = 0
    max_tokens: Optional[int] = None
    max_completion_tokens: Optional[int] = None
    n: Optional[int] = 1
    presence_penalty: Optional[float] = 0.0
    response_format: Optional[Format] = None
    seed: Optional[int] = Int64
    stop: Optional[Union[str, List[str]]] = Field(default_factory=list)
    stream: Optional[bool] = False
    stream_options: Optional[Streaming] = None
    temperature: Optional[float] = None
    top_p: Optional[float] = None
    tools: Optional[List[Tool]] = None
    tool_choice: Optional[Union[Literal["none"], Literal["auto"], Choice]] = "none"
    parallel_tool_calls: Optional[bool] = False
    user: Optional[str] = None
class Completion(BaseModel):
    model: str
    prompt: str
    best_of: Optional[int] = None
    echo: Optional[bool] = False
    frequency_penalty: Optional[float] = 0.0
    logit_bias: Optional[Dict[str, float]] = None
    logprobs: Optional[int] = None
    max_tokens: Optional[int] = 16
    n: Optional[int] = 1
    presence_penalty: Optional[float] = 0.0
    seed: Optional[int] = Int64
    stop: Optional[Union[str, List[str]]] = Field(default_factory=list)
    stream: Optional[bool] = False
    stream_options: Optional[Streaming] = None
    suffix: Optional[str] = None
    temperature: Optional[float] = None
    top_p: Optional[float] = None
    user: Optional[str] = None
def payload(k):
    tokens = k.pop("max_tokens") if "max_tokens" in k else k.pop("max_gen_toks", 1024)
    return {"model": "pocket_network", "max_tokens": tokens, "temperature": k.pop("temperature", 0), "stop": [], "seed": 1234, **k}
def chat(k):
    data = Chat(**payload(k)).model_dump_json(exclude_defaults=True, by_alias=True)
    return '{"messages":[],' + data[1:]
def completion(k): return Completion(prompt="Why?", **payload(k)).model_dump_json(exclude_defaults=True, by_alias=True)
`);
  afterAll(() => python.close());

  const compare = (name: string, print: (kwargs: PyDict) => string) =>
    fc.assert(
      fc.asyncProperty(fc.array(kwargs, { minLength: 60, maxLength: 100 }), async (inputs) => {
        const real = await python.call(
          name,
          inputs.map((input) => [input]),
        );
        const mine = inputs.map((input) => outcomeOf(() => print(input)));
        const told = (outcome: (typeof real)[number]) => ('value' in outcome ? outcome : 'refused');
        expect(mine.map(told)).toEqual(real.map(told));
      }),
      { numRuns: 25 },
    );

  it('prints and refuses chat requests alike', () => compare('chat', chat));
  it('prints and refuses completion requests alike', () => compare('completion', completion));
});
