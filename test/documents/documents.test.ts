import { type Document, MongoClient, ObjectId } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DocumentBatch } from '../../lib/documents/document-batch.ts';
import { checkStorable, taskDocument } from '../../lib/documents/documents.ts';
import { DocumentEncoder, type EncodedDocuments, StorableCheck } from '../../lib/documents/encoder.ts';
import { childIds, planId, rejectionId } from '../../lib/documents/ids.ts';
import { MAX_DEPTH, MAX_DOCUMENT_BYTES, whyUnstorable } from '../../lib/documents/storable.ts';
import { insertEncodedOnce, insertOnce } from '../../lib/documents/write.ts';
import type { Plan } from '../../lib/plan/plan.ts';
import type { PyValue } from '../../lib/python/value.ts';
import type { RenderedInstance } from '../../lib/task/renderer.ts';
import { freshStack, type TestStack } from '../helpers/stack.ts';
import { planOf } from '../ledger/own-plan.ts';
import { fieldsOf } from './stored-bytes.ts';

let stack: TestStack;
let mongo: MongoClient;
beforeAll(async () => {
  stack = await freshStack();
  mongo = new MongoClient(stack.mongodbUri);
});
afterAll(async () => {
  await mongo.close();
  await stack.dispose();
});

const CREATED = new Date('2024-05-06T07:08:09.123Z');
const TASK_ID = new ObjectId();

/** Stores the document and reads its fields from the bytes that the server sends back. */
async function stored(document: Document): Promise<string[]> {
  const collection = mongo.db().collection('stored');
  await collection.deleteMany({});
  await collection.insertOne(document);
  return (await rawOf('stored')).map(({ path, type }) => `${path}: ${type}`);
}

function instance(changes: Partial<RenderedInstance> = {}): RenderedInstance {
  return {
    docId: 7,
    idx: 0,
    doc: new Map<string, PyValue>([
      ['__id', 7n],
      ['question', 'q'],
      ['score', 1],
      ['choices', ['a', 'b']],
    ]),
    arguments: [
      '[]',
      new Map<PyValue, PyValue>([
        ['until', ['Q']],
        ['do_sample', false],
        ['temperature', 0],
        ['max_gen_toks', 1024n],
      ]),
    ],
    data: '{}',
    ctxlen: 12,
    ...changes,
  };
}

/** An instance's document and its prompts', as bytes. */
function encoded(changes: Partial<RenderedInstance> = {}, plan: Plan = planOf(), timeoutOf = () => 60) {
  const batches: EncodedDocuments = { instances: new DocumentBatch(), prompts: new DocumentBatch() };
  new DocumentEncoder({ taskId: TASK_ID, plan, createdAt: CREATED, timeoutOf }).add(instance(changes), batches);
  return batches;
}

/** The same as the server gives it back: its fields with their types, and its values. */
async function written(name: 'instances' | 'prompts', batches: EncodedDocuments) {
  const collection = mongo.db().collection(name);
  await collection.deleteMany({});
  await insertEncodedOnce(mongo.db(), name, batches[name]);
  const documents: Document[] = await collection.find({}).toArray();
  return { documents, fields: (await rawOf(name)).map(({ path, type }) => `${path}: ${type}`) };
}

async function rawOf(name: string) {
  const raw: unknown = await mongo.db().collection(name).findOne({}, { raw: true });
  if (!(raw instanceof Uint8Array)) throw new Error('the driver gave no bytes');
  return fieldsOf(raw);
}

/** One document of an instance. */
async function instanceDocument(changes: Partial<RenderedInstance> = {}, plan: Plan = planOf()): Promise<Document> {
  return (await written('instances', encoded(changes, plan))).documents[0] ?? {};
}

/** What a later version of this, or an earlier one, writes: documents of the driver's. */
function promptDocuments(count: number): Document[] {
  const childId = childIds(TASK_ID, CREATED);
  return Array.from({ length: count }, (_, n) => ({ _id: new ObjectId(childId('prompt', 7, 0, n)), done: false }));
}

describe('a tasks document', () => {
  it('has its fields in their order, in the types that the bench reads', async () => {
    const genKwargs = new Map<PyValue, PyValue>([
      ['temperature', 0],
      ['top_k', 5n],
    ]);
    const plan = planOf({}, { genKwargs, systemInstruction: 'i' });
    expect(await stored(taskDocument(TASK_ID, plan, 4, CREATED))).toEqual([
      '_id: objectId',
      'framework: string',
      'requester_args: object',
      'requester_args.address: string',
      'requester_args.service: string',
      'requester_args.method: string',
      'requester_args.path: string',
      'requester_args.headers: object',
      'requester_args.headers.Content-Type: string',
      'blacklist: array',
      'blacklist.0: int',
      'blacklist.1: int',
      'llm_args: object',
      'llm_args.tokenizer_backend: null',
      'num_fewshot: int',
      'gen_kwargs: object',
      'gen_kwargs.temperature: double',
      'gen_kwargs.top_k: int',
      'bootstrap_iters: int',
      'system_instruction: string',
      'apply_chat_template: bool',
      'fewshot_as_multiturn: bool',
      'confirm_run_unsafe_code: bool',
      'qty: int',
      'tasks: string',
      'total_instances: int',
      'request_type: string',
      'done: bool',
      'evaluated: bool',
      'drop: bool',
      'creation_date: date',
      'seed: int',
    ]);
  });

  it('stores nulls as null', async () => {
    const fields = await stored(taskDocument(TASK_ID, planOf({}, { shotsAsked: null }), 4, CREATED));
    expect(fields).toEqual(
      expect.arrayContaining(['num_fewshot: null', 'gen_kwargs: null', 'system_instruction: null']),
    );
  });

  it('holds what was asked for: the name, the number of documents, the blacklist as it came', () => {
    const document = taskDocument(TASK_ID, planOf({ docCount: 3 }), 12, CREATED);
    expect(document).toMatchObject({
      tasks: 'own',
      done: false,
      evaluated: false,
      drop: false,
      creation_date: CREATED,
    });
    expect([document['qty'], document['total_instances']]).toEqual([3, 12]);
    expect(document['blacklist'].map(Number)).toEqual([3, 1]);
  });

  it('names the twin where one was used, and keeps a seed of 64 bits; both at the end', async () => {
    const fields = await stored(
      taskDocument(TASK_ID, planOf({ resolvedTask: 'own_generative', seed: 2n ** 62n }), 4, CREATED),
    );
    expect(fields.slice(-3)).toEqual(['creation_date: date', 'seed: long', 'resolved_task: string']);
  });

  it("holds the Manager's random_seed in place of a seed of ours", async () => {
    const fields = await stored(taskDocument(TASK_ID, planOf({ randomSeed: 5n }), 4, CREATED));
    expect(fields.slice(-2)).toEqual(['creation_date: date', 'random_seed: int']);
  });

  it('shows an empty gen_kwargs as it was sent', async () => {
    const fields = await stored(taskDocument(TASK_ID, planOf({}, { genKwargs: '' }), 4, CREATED));
    expect(fields).toContain('gen_kwargs: string');
  });
});

describe('an instances document', () => {
  it('has its fields in their order, and DOCUMENT-5: a temperature of 0.0 stays a double', async () => {
    expect((await written('instances', encoded())).fields).toEqual([
      '_id: objectId',
      'request_type: string',
      'doc: object',
      'doc.__id: int',
      'doc.question: string',
      'doc.score: double',
      'doc.choices: array',
      'doc.choices.0: string',
      'doc.choices.1: string',
      'arguments: array',
      'arguments.0: string',
      'arguments.1: object',
      'arguments.1.until: array',
      'arguments.1.until.0: string',
      'arguments.1.do_sample: bool',
      'arguments.1.temperature: double',
      'arguments.1.max_gen_toks: int',
      'idx: int',
      'metadata: array',
      'metadata.0: string',
      'metadata.1: int',
      'metadata.2: int',
      'task_name: string',
      'doc_id: int',
      'repeats: int',
      'task_id: objectId',
      'done: bool',
      'creation_date: date',
    ]);
  });

  it('doc_id is one number and names the document, not its place', async () => {
    const document = await instanceDocument({ docId: 4242 });
    expect([document['doc_id'], document['metadata'][1]]).toEqual([4242, 4242]);
  });

  it('names the twin where one was used', async () => {
    const document = await instanceDocument({}, planOf({ resolvedTask: 'own_generative' }));
    expect([document['task_name'], document['metadata'][0]]).toEqual(['own_generative', 'own_generative']);
  });

  it('of a scored choice holds context and continuation', async () => {
    const plan = planOf({ requestType: 'loglikelihood' });
    const document = await instanceDocument({ idx: 3, arguments: ['context', ' choice'] }, plan);
    expect(document['arguments']).toEqual(['context', ' choice']);
    expect([document['request_type'], document['idx']]).toEqual(['loglikelihood', 3]);
  });
});

describe('a prompts document', () => {
  it('has its fields in their order', async () => {
    expect((await written('prompts', encoded())).fields).toEqual([
      '_id: objectId',
      'data: string',
      'task_id: objectId',
      'instance_id: objectId',
      'timeout: int',
      'done: bool',
      'trigger_session: int',
      'creation_date: date',
      'ctxlen: int',
      'context_enc: null',
      'continuation_enc: null',
    ]);
  });

  it('is there once per answer wanted, each of its own id, all of one instance', async () => {
    const batches = encoded({}, planOf({ repeats: 3 }));
    const [document] = (await written('instances', batches)).documents;
    const { documents } = await written('prompts', batches);
    expect(new Set(documents.map(({ _id }) => _id.toHexString())).size).toBe(3);
    for (const { _id, ...same } of documents) {
      expect(same).toEqual({ ...documents[0], _id: undefined });
      expect(same['instance_id']).toEqual(document?.['_id']);
    }
    expect(document?.['repeats']).toBe(3);
  });

  it('waits for as long as its own length says', async () => {
    const batches = encoded({ ctxlen: 9 }, planOf(), (ctxlen: number = 0) => ctxlen * 10);
    expect((await written('prompts', batches)).documents[0]?.['timeout']).toBe(90);
  });
});

describe('DOCUMENT-6: ids and dates', () => {
  it('ids are ObjectIds that begin with the time of the plan; dates keep milliseconds', async () => {
    const batches = encoded();
    for (const name of ['instances', 'prompts'] as const) {
      const [document] = (await written(name, batches)).documents;
      expect(document?.['_id']).toBeInstanceOf(ObjectId);
      expect(document?.['_id'].getTimestamp()).toEqual(new Date('2024-05-06T07:08:09.000Z'));
      expect(document?.['creation_date']).toEqual(CREATED);
    }
  });

  it('the same work has the same ids, other work has others', () => {
    const id = childIds(TASK_ID, CREATED);
    expect(id('prompt', 1, 2, 3)).toEqual(childIds(TASK_ID, CREATED)('prompt', 1, 2, 3));
    const others = [
      id('prompt', 1, 2, 3),
      id('instance', 1, 2, 3),
      id('prompt', 12, 3, 0),
      id('prompt', 1, 23, 0),
      childIds(new ObjectId(), CREATED)('prompt', 1, 2, 3),
    ];
    expect(new Set(others.map((bytes) => Buffer.from(bytes).toString('hex'))).size).toBe(others.length);
    expect(planId('r', 'own')).toEqual(planId('r', 'own'));
    const plans = [planId('r', 'own'), planId('ro', 'wn'), planId('r', 'own2'), planId('r2', 'own'), rejectionId('r')];
    expect(new Set(plans.map(String)).size).toBe(plans.length);
  });
});

/** A value so many lists deep. */
function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < depth; i++) value = [value];
  return value;
}

describe('what MongoDB can never hold', () => {
  it.each([
    ['as deep as it takes', { value: nested(MAX_DEPTH - 1) }, true],
    ['one deeper', { value: nested(MAX_DEPTH) }, false],
    ['deeper than anybody counts', { value: nested(50_000) }, false],
    ['as large as it takes', { _id: 1, value: 'x'.repeat(MAX_DOCUMENT_BYTES - 26) }, true],
    ['one byte larger', { _id: 1, value: 'x'.repeat(MAX_DOCUMENT_BYTES - 25) }, false],
    ['far larger', { _id: 1, value: 'x'.repeat(MAX_DOCUMENT_BYTES * 2) }, false],
    ['with a NUL in a text', { value: 'a\0b' }, true],
    ['with a NUL in a key', { value: new Map([['a\0b', 1]]) }, false],
  ])('is judged before it is tried, as the server judges it: a document %s', async (_what, document, holds) => {
    expect(whyUnstorable(document)).toEqual(holds ? null : expect.any(String));
    const stored = mongo
      .db()
      .collection<{ _id?: number }>('limits')
      .insertOne({ ...document }, { forceServerObjectId: true });
    await expect(
      stored.then(
        () => true,
        () => false,
      ),
    ).resolves.toBe(holds);
  });

  it('is refused for good by the document and the task that it belongs to', () => {
    const plan = planOf();
    const large = instance({
      doc: new Map<string, PyValue>([
        ['__id', 7n],
        ['text', 'x'.repeat(MAX_DOCUMENT_BYTES)],
      ]),
    });
    const check = new StorableCheck(plan);
    expect(() => check.check(large)).toThrow(
      expect.objectContaining({
        code: 'DatasetInvalid',
        permanent: true,
        message: expect.stringMatching(/Task own, document 7: .* instance .*16777216 at most/),
      }),
    );
    expect(() => check.check(instance())).not.toThrow();
  });

  it('is refused when it is planned', () => {
    let value: PyValue = 1n;
    for (let i = 0; i < 181; i++) value = [value];
    const check = () => checkStorable(planOf({}, { llmArgs: new Map([['a', value]]) }));
    expect(check).toThrow(
      expect.objectContaining({ code: 'BadMessage', message: expect.stringMatching(/nested more than 180 deep/) }),
    );
  });
});

describe('a request that MongoDB could not keep', () => {
  it.each([
    ['an int of 64 bits', 'a', 2n ** 63n - 1n, null],
    ['an int of more than 64 bits', 'a', 2n ** 63n, /more than 64 bits.*look at llm_args/],
    ['a key with a NUL character', 'a\u0000b', 1n, /a key holds the character NUL/],
  ])('is judged when it is planned: %s', (_, key, value, told) => {
    const check = () =>
      checkStorable(planOf({}, { genKwargs: new Map<PyValue, PyValue>([['x', new Map([[key, value]])]]) }));
    if (told === null) expect(check).not.toThrow();
    else expect(check).toThrow(expect.objectContaining({ code: 'BadMessage', message: expect.stringMatching(told) }));
  });
});

describe('writing twice', () => {
  it('writes once, and leaves what was changed since as it is', async () => {
    const collection = mongo.db().collection('prompts');
    const [first] = (await written('prompts', encoded({}, planOf({ repeats: 2 })))).documents;
    const own = { _id: first?.['_id'] };
    await collection.updateOne(own, { $set: { done: true, trigger_session: 5 } });
    await insertEncodedOnce(mongo.db(), 'prompts', encoded({}, planOf({ repeats: 3 })).prompts);
    await insertEncodedOnce(mongo.db(), 'prompts', new DocumentBatch());
    await insertOnce(collection, promptDocuments(3));
    await insertOnce(collection, []);
    expect(await collection.countDocuments()).toBe(3);
    expect(await collection.findOne(own)).toMatchObject({ done: true, trigger_session: 5 });
  });

  it('ten times at once writes once', async () => {
    const collection = mongo.db().collection('at_once');
    const { prompts } = encoded({}, planOf({ repeats: 20 }));
    await Promise.all(Array.from({ length: 10 }, () => insertEncodedOnce(mongo.db(), 'at_once', prompts)));
    expect(await collection.countDocuments()).toBe(20);
    await Promise.all(Array.from({ length: 10 }, () => insertOnce(collection, promptDocuments(30))));
    expect(await collection.countDocuments()).toBe(30);
  });

  it('a failure that is no duplicate is not taken for one', async () => {
    const collection = await mongo.db().createCollection('strict', { validator: { done: true } });
    await expect(insertOnce(collection, promptDocuments(1))).rejects.toThrow(/validation/);
    await expect(insertEncodedOnce(mongo.db(), 'strict', encoded().prompts)).rejects.toThrow(/validation/);
  });
});
