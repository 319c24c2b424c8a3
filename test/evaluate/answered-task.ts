import { type Db, type Document, Int32, Long, ObjectId } from 'mongodb';

/** What came back for one document: bodies of responses in their order, or whole response documents. */
export type Answer = string | Document;

/** A made-up answer of the chat path. */
export function chatBody(content: string | null): string {
  return JSON.stringify({
    id: 'x',
    model: 'm',
    choices: [{ index: 0, message: { role: 'assistant', content } }],
    usage: {},
  });
}

/** What a made-up task may have otherwise. */
export interface AnsweredOptions {
  readonly done?: boolean;
  readonly promptsDone?: boolean;
  readonly task?: Document;
}

/** Writes a task of gsm8k whose documents have the gold answers 0, 1, 2, ..., with what came back for each. */
export async function writeAnswered(
  db: Db,
  answers: readonly (readonly Answer[])[],
  { done = true, promptsDone = done, task = {} }: AnsweredOptions = {},
): Promise<ObjectId> {
  const taskId = new ObjectId();
  const asked = answers.map((bodies, docId) => ({ bodies, docId, instance: new ObjectId(), prompt: new ObjectId() }));
  await db.collection('tasks').insertOne({
    _id: taskId,
    framework: 'lmeh',
    requester_args: { address: 'a', service: 's', method: 'POST', path: '/v1/chat/completions', headers: null },
    tasks: 'gsm8k',
    qty: new Int32(answers.length),
    total_instances: new Int32(answers.length),
    request_type: 'generate_until',
    done,
    evaluated: false,
    drop: false,
    seed: new Int32(7),
    ...task,
  });
  await db.collection('instances').insertMany(
    asked.map(({ docId, instance }) => ({
      _id: instance,
      doc: { __id: docId, question: 'How many?', answer: `So many.\n#### ${docId}` },
      arguments: ['[]', {}],
      idx: new Int32(0),
      doc_id: new Int32(docId),
      task_id: taskId,
      done: promptsDone,
    })),
  );
  await db.collection('prompts').insertMany(
    asked.map(({ instance, prompt }) => ({
      _id: prompt,
      data: '{}',
      task_id: taskId,
      instance_id: instance,
      done: promptsDone,
    })),
  );
  const responses = asked.flatMap(({ bodies, instance, prompt }) =>
    bodies.map((body) => ({
      ok: true,
      error_code: new Int32(0),
      ms: Long.fromNumber(50),
      error: '',
      session_height: Long.fromNumber(100),
      task_id: taskId,
      instance_id: instance,
      prompt_id: prompt,
      ...(typeof body === 'string' ? { response: body } : body),
    })),
  );
  if (responses.length > 0) await db.collection('responses').insertMany(responses);
  return taskId;
}
