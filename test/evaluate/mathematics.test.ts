import { setTimeout as sleep } from 'node:timers/promises';
import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { type Document, MongoClient, ObjectId } from 'mongodb';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Bucket } from '../../lib/bucket/bucket.ts';
import { createLocalS3, createLocalSqs } from '../../localstack/resources.ts';
import { type RunningFunctions, startFunctions } from '../helpers/functions.ts';
import { stageTheHarness } from '../helpers/harness.ts';
import { freshStack, required, type TestStack } from '../helpers/stack.ts';
import { chatBody, writeAnswered } from './answered-task.ts';

const PATIENCE_MS = 180_000;

/** Documents of our own in the columns that the task's functions read, each with an answer and what the harness makes of it. */
const CASES: readonly { readonly gold: string; readonly answer: string; readonly score: number }[] = [
  { gold: '\\frac{1}{2}', answer: 'Half of it: $\\boxed{0.5}$.', score: 1 },
  { gold: '12', answer: 'Final Answer: The final answer is $13$. I hope it is correct.', score: 0 },
  // Takes the five seconds that parsing has, and counts as an answer without any.
  { gold: '7', answer: `$${'('.repeat(60)}7${')'.repeat(60)}$`, score: 0 },
  { gold: '7', answer: '', score: 0 },
  { gold: '2', answer: '$9^{9^{9^{9^{9}}}}$', score: 0 },
  { gold: '3', answer: `${'so '.repeat(60_000)}$3$`, score: 1 },
];

let stack: TestStack;
let functions: RunningFunctions;
let mongo: MongoClient;
let sqs: SQSClient;
beforeAll(async () => {
  stack = await freshStack();
  const bucket = new Bucket(createLocalS3(stack.endpoint), required(stack.env, 'DATASETS_BUCKET'));
  await stageTheHarness(bucket);
  functions = await startFunctions(stack.env);
  sqs = createLocalSqs(stack.endpoint);
  mongo = new MongoClient(stack.mongodbUri);
}, 300_000);
afterAll(async () => {
  await functions?.stop();
  await mongo?.close();
  sqs?.destroy();
  await stack?.dispose();
});

it('the function evaluate has mathematics judged by the function sandbox, also answers made to burn its time', async () => {
  const db = mongo.db();
  const id = await writeAnswered(
    db,
    CASES.map(({ answer }) => [chatBody(answer)]),
    { task: { tasks: 'leaderboard_math_algebra_hard' } },
  );
  for (const [doc_id, { gold }] of CASES.entries()) {
    const doc = { __id: doc_id, problem: 'How much is it?', solution: `It is $\\boxed{${gold}}$.`, answer: gold };
    await db.collection('instances').updateOne({ task_id: id, doc_id }, { $set: { doc } });
  }
  await sqs.send(
    new SendMessageCommand({
      QueueUrl: required(stack.env, 'EVALUATE_QUEUE_URL'),
      MessageBody: JSON.stringify({ task_id: id.toHexString() }),
    }),
  );
  const result = await resultOf(id);
  expect(result['result_data']).toMatchObject({ status: 0, num_samples: CASES.length });
  const scores = result['scores'].map((sample: Document) => [sample['id'], sample['score'], sample['status_code']]);
  expect(scores).toEqual(CASES.map(({ score }, docId) => [docId, score, 0]));
  const details = await db.collection('evaluations').findOne({ task_id: id, kind: 'documents' });
  expect(details?.['documents'][0]).toMatchObject({ gold: expect.stringContaining('frac{1}{2}') });
}, 300_000);

async function resultOf(id: ObjectId): Promise<Document> {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const found = await mongo
      .db()
      .collection('results')
      .findOne({ 'result_data.task_id': new ObjectId(id) });
    if (found) return found;
    if (Date.now() > end) throw new Error(`no result came; last lines:\n${functions.lines.slice(-8).join('\n')}`);
    await sleep(100);
  }
}
