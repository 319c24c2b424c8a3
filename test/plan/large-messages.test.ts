import { expect, it } from 'vitest';
import { SamplerError } from '../../lib/errors/errors.ts';
import { MAX_BODY_BYTES, parseMessage } from '../../lib/messages/parse.ts';
import { sampleMessage } from '../../lib/messages/sample.ts';
import { askedSettings } from '../../lib/plan/asked-settings.ts';
import { chooseDocs } from '../../lib/plan/doc-ids.ts';

/** The longest body, less the rest of the message. */
const LENGTH = MAX_BODY_BYTES - 400;
const LAST = 400_000;
const fill = (unit: string, length = LENGTH) => unit.repeat(Math.floor(length / Buffer.byteLength(unit)));
const list = (unit: string) => `[${fill(`${unit},`).slice(0, -1)}]`;
const numbered = (make: (i: number) => string, length = LENGTH) => {
  const parts: string[] = [];
  for (let i = 0, used = 0; used < length; i++) {
    const part = make(i);
    used += part.length + 1;
    parts.push(part);
  }
  return parts.slice(0, -1).join(',');
};

function bodyOf(key: 'gen_kwargs' | 'doc_ids' | 'blacklist', json: string): string {
  const qty = key === 'doc_ids' ? 0 : 1;
  const head = JSON.stringify({ framework: 'lmeh', tasks: 't', requester_args: { address: 'a', service: 's' }, qty });
  return `${head.slice(0, -1)},"${key}":${json}}`;
}
const kwargs = (text: string) => bodyOf('gen_kwargs', JSON.stringify(text));

/** A megabyte of each shape: how many arguments, documents or blacklisted ids it comes to, or why it is refused. */
const SHAPES: [string, string, number | RegExp][] = [
  ['gen_kwargs of one int', kwargs(`a=${fill('1')}`), /looks like a number/],
  ['gen_kwargs of the longest ints', kwargs(fill(`a=${'1'.repeat(4300)},`)), 1],
  ['gen_kwargs of the same key', kwargs(fill('a=1,')), /\d+ arguments, more than 10000/],
  ['gen_kwargs of many keys', kwargs(numbered((i) => `k${i}=x`)), /\d+ arguments, more than 10000/],
  ['gen_kwargs of long keys, the last first', kwargs(numbered((i) => `${'k'.repeat(98)}${99_999 - i}=x`)), 9800],
  ['gen_kwargs of what is nearly an int', kwargs(`a=${fill('1')}x`), 1],
  ['gen_kwargs of what is nearly a float', kwargs(`a=${fill('1.')}`), 1],
  ['gen_kwargs of underscores', kwargs(`a=${fill('1_')}`), 1],
  ['gen_kwargs of a long exponent', kwargs(`a=1e${fill('1')}`), 1],
  ['gen_kwargs of white space', kwargs(`a=1${fill('\u2003')}x`), 1],
  ['gen_kwargs of signs', kwargs(`a=${fill('-')}`), 1],
  ['gen_kwargs of equals signs', kwargs(fill('=')), 1],
  ['gen_kwargs of commas', kwargs(fill(',')), 0],
  ['gen_kwargs as an object of many keys', bodyOf('gen_kwargs', `{${numbered((i) => `"k${i}":${i}`)}}`), 60_000],
  ['gen_kwargs as objects in each other', bodyOf('gen_kwargs', `${fill('{"a":')}1`), /Nested more than/],
  ['doc_ids one after the other', bodyOf('doc_ids', `[${numbered((i) => String(i))}]`), 150_000],
  ['doc_ids all the same', bodyOf('doc_ids', list('1')), 1],
  ['doc_ids as text', bodyOf('doc_ids', list('"1.0"')), 1],
  ['doc_ids as truth values', bodyOf('doc_ids', list('true')), 1],
  ['doc_ids outside the split', bodyOf('doc_ids', list('-1')), /outside the evaluated split/],
  ['doc_ids of a long text', bodyOf('doc_ids', `["${fill('1_')}1"]`), /whole number/],
  ['doc_ids of the longest ints', bodyOf('doc_ids', list('1'.repeat(4300))), /and \d+ more are wrong/],
  ['doc_ids of nulls', bodyOf('doc_ids', list('null')), /and \d+ more are wrong/],
  ['a blacklist of the whole split', bodyOf('blacklist', `[${numbered((i) => String(i))}]`), 150_000],
  ['a blacklist of one id', bodyOf('blacklist', list('1')), 1],
  ['a blacklist outside the split', bodyOf('blacklist', list('-1')), 1],
];

it.each(SHAPES)('a megabyte of %s is read in one go', (shape, body, expected) => {
  const started = performance.now();
  const outcome = outcomeOf(body);
  console.log(`${shape}: ${Math.round(performance.now() - started)} ms`);
  expect(body.length).toBeLessThanOrEqual(MAX_BODY_BYTES);
  if (expected instanceof RegExp) expect(outcome).toMatch(expected);
  else if (expected > 1000) expect(outcome).toBeGreaterThan(expected);
  else expect(outcome).toBe(expected);
});

/** How many arguments, documents or blacklisted ids a message comes to; the reason where it is refused. */
function outcomeOf(body: string): number | string {
  try {
    const message = parseMessage('sample', sampleMessage, body);
    const { genKwargs } = askedSettings(message, 't', undefined);
    const { qty, doc_ids: docIds, blacklist } = message;
    const { docIds: chosen, ignoredBlacklist } = chooseDocs(
      { first: 0, last: LAST },
      { task: 't', qty, docIds, blacklist, seed: 1n },
    );
    if (genKwargs !== null) return genKwargs === '' ? 0 : genKwargs.size;
    if (docIds?.length) return chosen.length;
    return Math.max(new Set(blacklist).size, ignoredBlacklist.length);
  } catch (error) {
    if (error instanceof SamplerError) return error.message;
    throw error;
  }
}
