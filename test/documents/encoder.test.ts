import fc from 'fast-check';
import { BSON, type Document, ObjectId } from 'mongodb';
import { describe, expect, it } from 'vitest';
import { toBson } from '../../lib/documents/bson.ts';
import { DocumentBatch } from '../../lib/documents/document-batch.ts';
import { DocumentEncoder, StorableCheck } from '../../lib/documents/encoder.ts';
import { childIds } from '../../lib/documents/ids.ts';
import { MAX_DEPTH, MAX_DOCUMENT_BYTES } from '../../lib/documents/storable.ts';
import type { Plan } from '../../lib/plan/plan.ts';
import { PyOpaque, PyTuple, type PyValue } from '../../lib/python/value.ts';
import type { RenderedInstance } from '../../lib/task/renderer.ts';
import { planOf } from '../ledger/own-plan.ts';

const TASK_ID = new ObjectId('0123456789abcdef01234567');
const CREATED = new Date('2024-05-06T07:08:09.123Z');

/** The documents as the driver writes them, from objects. */
function byTheDriver(
  instance: RenderedInstance,
  plan: Plan,
  timeout: number,
): { instance: Document; prompts: Document[] } {
  const { docId, idx, arguments: given, ctxlen } = instance;
  const id = childIds(TASK_ID, CREATED);
  const instanceId = new ObjectId(id('instance', docId, idx, 0));
  const [text, rest] = given;
  return {
    instance: {
      _id: instanceId,
      request_type: plan.requestType,
      doc: toBson(instance.doc),
      arguments: [text, toBson(rest)],
      idx,
      metadata: [plan.resolvedTask, docId, plan.repeats],
      task_name: plan.resolvedTask,
      doc_id: docId,
      repeats: plan.repeats,
      task_id: TASK_ID,
      done: false,
      creation_date: CREATED,
    },
    prompts: Array.from({ length: plan.repeats }, (_, n) => ({
      _id: new ObjectId(id('prompt', docId, idx, n)),
      data: instance.data,
      task_id: TASK_ID,
      instance_id: instanceId,
      timeout: toBson(BigInt(timeout)),
      done: false,
      trigger_session: 0,
      creation_date: CREATED,
      ctxlen,
      context_enc: null,
      continuation_enc: null,
    })),
  };
}

function batches() {
  return { instances: new DocumentBatch(), prompts: new DocumentBatch() };
}

function bytesOf(batch: DocumentBatch): Buffer {
  return Buffer.concat([...batch.pieces()].map(({ bytes }) => bytes));
}

/** Texts of every kind: beyond the basic plane, halves of pairs, empty, long, with NULs. */
const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
  fc.constantFrom('\ud800', 'a\udc00b', '\u{1f600}', 'x'.repeat(70_000), '\u00e9'.repeat(40_000), '\ud83d'.repeat(30)),
);
const key = fc.oneof(
  text.map((name) => name.replaceAll('\0', '')),
  fc.constantFrom('', '__proto__', '$a', 'a.b', '10', '2', 'constructor', 'toBSON', '_bsontype', '$ref', '$id'),
);
const { value } = fc.letrec<{ value: PyValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.constantFrom<PyValue[]>(null, true, false),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.constantFrom(2n ** 31n - 1n, 2n ** 31n, -(2n ** 31n), -(2n ** 31n) - 1n, 2n ** 53n, 2n ** 53n + 1n, 0n),
    fc.double(),
    fc.constantFrom(-0, 0, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, 1, -1),
    text,
    fc.date({ noInvalidDate: true }).map((date) => new PyOpaque('d', 'd', date)),
    fc.uint8Array().map((bytes) => new PyOpaque('b', 'b', Buffer.from(bytes))),
    fc.array(tie('value'), { maxLength: 12 }),
    fc.array(tie('value'), { maxLength: 3 }).map((items) => new PyTuple(items)),
    fc
      .array(fc.tuple(fc.oneof(key, fc.bigInt(), fc.constant(null)), tie('value')), { maxLength: 6 })
      .map((e) => new Map<PyValue, PyValue>(e)),
  ),
}));
const number = fc.oneof(fc.nat(), fc.constantFrom(0, 2 ** 31 - 1, 2 ** 31, 2 ** 40));
const rendered: fc.Arbitrary<RenderedInstance> = fc.record({
  docId: number,
  idx: fc.nat({ max: 5 }),
  doc: fc.array(fc.tuple(key, value), { maxLength: 5 }).map((entries) => new Map(entries)),
  arguments: fc.tuple(
    text,
    fc.oneof(
      text,
      fc.array(fc.tuple(key, value), { maxLength: 4 }).map((entries) => new Map<PyValue, PyValue>(entries)),
    ),
  ),
  data: text,
  ctxlen: number,
});

describe('the bytes of documents', () => {
  it('DOCUMENT-5, DOCUMENT-10: are those that the driver makes of the same values', () => {
    const plans = fc.record({
      repeats: fc.constantFrom(1, 1, 3),
      requestType: fc.constantFrom('generate_until', 'loglikelihood'),
    });
    fc.assert(
      fc.property(fc.array(rendered, { minLength: 1, maxLength: 4 }), plans, number, (instances, changes, timeout) => {
        const plan = planOf(changes);
        const documents = batches();
        const encoder = new DocumentEncoder({ taskId: TASK_ID, plan, createdAt: CREATED, timeoutOf: () => timeout });
        // Each twice: several instances have the same doc and the same settings.
        const all = instances.flatMap((instance) => [instance, { ...instance, idx: instance.idx + 1 }]);
        for (const instance of all) encoder.add(instance, documents);
        const expected = all.map((instance) => byTheDriver(instance, plan, timeout));
        expect(
          bytesOf(documents.instances).equals(Buffer.concat(expected.map((each) => BSON.serialize(each.instance)))),
        ).toBe(true);
        expect(
          bytesOf(documents.prompts).equals(
            Buffer.concat(expected.flatMap((each) => each.prompts.map((one) => BSON.serialize(one)))),
          ),
        ).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('are as many as were added, and room that was used before holds nothing of it', () => {
    const encoder = new DocumentEncoder({ taskId: TASK_ID, plan: planOf(), createdAt: CREATED, timeoutOf: () => 60 });
    const used = batches();
    for (let docId = 0; docId < 300; docId++) encoder.add(instanceOf({ docId, data: 'long'.repeat(docId) }), used);
    expect([...used.prompts.pieces()].map(({ count }) => count)).toEqual([300]);
    for (const batch of Object.values(used)) batch.clear();
    const fresh = batches();
    for (const documents of [used, fresh]) encoder.add(instanceOf({ docId: 1 }), documents);
    expect(bytesOf(used.instances)).toEqual(bytesOf(fresh.instances));
    expect(bytesOf(used.prompts)).toEqual(bytesOf(fresh.prompts));
  });

  it('of many answers are the same where they are made a few at a time', () => {
    const plan = planOf({ repeats: 7 });
    const encoder = new DocumentEncoder({ taskId: TASK_ID, plan, createdAt: CREATED, timeoutOf: () => 60 });
    const [whole, parts] = [batches(), batches()];
    encoder.add(instanceOf(), whole);
    encoder.addInstance(instanceOf(), parts);
    const few = [[0, 3] as const, [3, 4] as const, [4, 7] as const].map(([first, end]) => {
      for (const batch of Object.values(parts)) batch.clear();
      encoder.addPrompts(instanceOf(), parts, first, end);
      return bytesOf(parts.prompts);
    });
    expect(Buffer.concat(few)).toEqual(bytesOf(whole.prompts));
  });

  it('go into several commands where one would not take them, none torn apart', () => {
    const encoder = new DocumentEncoder({ taskId: TASK_ID, plan: planOf(), createdAt: CREATED, timeoutOf: () => 60 });
    const documents = batches();
    const lengths = [9_000_000, 9_000_000, 100, 16_000_000, 16_000_000, 5];
    for (const [docId, length] of lengths.entries())
      encoder.add(instanceOf({ docId, data: 'x'.repeat(length) }), documents);
    const pieces = [...documents.prompts.pieces()];
    expect(pieces.map(({ count }) => count)).toEqual([1, 2, 1, 1 + 1]);
    for (const { bytes } of pieces) expect(bytes.length).toBeLessThanOrEqual(MAX_DOCUMENT_BYTES);
  });
});

function instanceOf(changes: Partial<RenderedInstance> = {}): RenderedInstance {
  return {
    docId: 7,
    idx: 0,
    doc: new Map([['__id', 7n]]),
    arguments: ['a', new Map()],
    data: '{}',
    ctxlen: 1,
    ...changes,
  };
}

function nested(depth: number): PyValue {
  let inner: PyValue = 1n;
  for (let i = 0; i < depth; i++) inner = i % 2 === 0 ? [inner] : new Map([['a', inner]]);
  return inner;
}

const docOf = (content: PyValue) => instanceOf({ doc: new Map([['value', content]]) });

describe('what MongoDB can never hold is refused for good, by the document and why', () => {
  // A document counts as one, its field `doc` as another.
  it.each<[string, RenderedInstance, RegExp | null]>([
    ['as deep as it takes', docOf(nested(MAX_DEPTH - 2)), null],
    ['one deeper', docOf(nested(MAX_DEPTH - 1)), /its instance .*nested more than 180 deep/],
    ['deeper than anybody counts', docOf(nested(50_000)), /its instance .*nested more than 180 deep/],
    [
      'settings too deep',
      instanceOf({ arguments: ['a', new Map([['x', nested(MAX_DEPTH)]])] }),
      /nested more than 180 deep/,
    ],
    ['a NUL in a key', docOf(new Map([['a\0b', 1n]])), /a key holds the character NUL/],
    ['a NUL in a text', docOf('a\0b'), null],
    ['an int of 65 bits', docOf([2n ** 63n]), /9223372036854775808 has more than 64 bits/],
    ['a value without a form', docOf(new PyOpaque('1.5', "Decimal('1.5')", undefined)), /Decimal\('1\.5'\)/],
    ['a large text', docOf('x'.repeat(MAX_DOCUMENT_BYTES)), /its instance .*16777216 at most/],
    ['a text that is large in bytes alone', docOf('\u20ac'.repeat(6_000_000)), /its instance .*16777216 at most/],
    ['many small values', docOf(Array.from({ length: 1_500_000 }, () => 2n ** 40n)), /its instance .*16777216 at most/],
    ['a large prompt', instanceOf({ data: 'x'.repeat(MAX_DOCUMENT_BYTES) }), /its prompt .*16777216 at most/],
  ])('%s', (_what, instance, told) => {
    const check = new StorableCheck(planOf());
    if (told === null) return expect(() => check.check(instance)).not.toThrow();
    let refused: unknown;
    try {
      check.check(instance);
    } catch (error) {
      refused = error;
    }
    expect(refused).toMatchObject({ code: 'DatasetInvalid', permanent: true, message: expect.stringMatching(told) });
    expect(refused).toMatchObject({ message: expect.stringMatching(/^Task own, document 7: MongoDB can't hold its /) });
    // What follows is judged by itself.
    expect(() => check.check(instanceOf())).not.toThrow();
  });

  it('each by itself, however many answers are wanted of one prompt', () => {
    const check = new StorableCheck(planOf({ repeats: 100 }));
    expect(() => check.check(instanceOf({ data: 'x'.repeat(1_000_000) }))).not.toThrow();
  });

  it('to the byte', () => {
    const check = new StorableCheck(planOf());
    const size = (data: string) => {
      const documents = batches();
      const encoder = new DocumentEncoder({ taskId: TASK_ID, plan: planOf(), createdAt: CREATED, timeoutOf: () => 0 });
      encoder.add(instanceOf({ data }), documents);
      return bytesOf(documents.prompts).length;
    };
    const room = MAX_DOCUMENT_BYTES - size('');
    expect(size('x'.repeat(room))).toBe(MAX_DOCUMENT_BYTES);
    expect(() => check.check(instanceOf({ data: 'x'.repeat(room) }))).not.toThrow();
    expect(() => check.check(instanceOf({ data: 'x'.repeat(room + 1) }))).toThrow(/its prompt/);
  });
});
