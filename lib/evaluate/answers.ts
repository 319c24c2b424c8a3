import type { Db, ObjectId } from 'mongodb';
import type { ApiPath } from '../evaluator-api/response.ts';
import { loads, PyJsonError } from '../python/json.ts';
import type { Doc, PyValue } from '../python/value.ts';
import { isDict } from '../python/value.ts';
import type { Answered } from '../scoring/scorer.ts';
import { type Answer, NO_RESPONSE, type RequestType, readAnswer } from './answer.ts';
import { type Failed, STATUS, sessionHeightOf } from './classify.ts';
import { readBson } from './read-bson.ts';

/** One document of a task with what came back for it. */
export interface AskedDocument {
  readonly docId: number;
  /** What is to be scored; null where it failed. */
  readonly answered: Answered | null;
  readonly failed: Failed | null;
  /** Mean of its answers' milliseconds. */
  readonly runTime: number;
}

/** What is read of a task. */
export interface AnswersOf {
  readonly db: Db;
  readonly taskId: ObjectId;
  readonly path: ApiPath;
  readonly requestType: RequestType;
}

/** Documents read at a time, at most. */
const PORTION = 200;
/** What a portion of several documents holds of them and of their answers: bytes of the former, UTF-16 units of the latter. */
const MOST_HELD = 16 * 1024 ** 2;
/** A batch of MongoDB's holds at most this many responses, each of which may be large. */
const BATCH = 200;

/** The documents of a task and the height of the latest session in which one of them was asked. */
export class Answers {
  readonly #of: AnswersOf;
  readonly #instances: readonly InstanceRef[][];
  #height = -1n;
  #size = PORTION;

  private constructor(of: AnswersOf, instances: readonly InstanceRef[][]) {
    this.#of = of;
    this.#instances = instances;
  }

  /** Finds a task's documents; none of them is read yet. */
  static async of(of: AnswersOf): Promise<Answers> {
    const refs = await of.db
      .collection('instances')
      .find({ task_id: of.taskId }, { projection: { doc_id: 1, idx: 1 }, batchSize: 20_000 })
      .map(({ _id, doc_id, idx }): InstanceRef => ({ id: _id, docId: Number(doc_id), idx: Number(idx) }))
      .toArray();
    const byDoc = Map.groupBy(refs, ({ docId }) => docId);
    const documents = [...byDoc].sort(([a], [b]) => a - b).map(([, group]) => group.sort((a, b) => a.idx - b.idx));
    return new Answers(of, documents);
  }

  /** How many documents there are. */
  get count(): number {
    return this.#instances.length;
  }

  /** The greatest session height among the responses read so far, also of failed ones; -1 without one. */
  get height(): bigint {
    return this.#height;
  }

  /** The first document as it was asked about; null where the task has none. */
  async first(): Promise<Doc | null> {
    const [first] = this.#instances[0] ?? [];
    return first
      ? ((await this.#documentsOf([[first]], new Room(false))).get(first.id.toHexString())?.doc ?? null)
      : null;
  }

  /**
   * All documents by ascending id, read in portions: memory does not grow with the task, nor with what suppliers send. While one is
   * scored the next is read.
   */
  async *portions(): AsyncGenerator<AskedDocument[]> {
    let coming = this.#portionAt(0);
    try {
      for (;;) {
        const { documents, end } = await coming;
        if (documents.length === 0) return;
        coming = this.#portionAt(end);
        // Whoever scores the one before may take longer than this takes to fail.
        coming.catch(() => {});
        yield documents;
      }
    } finally {
      await coming.catch(() => {});
    }
  }

  /** The documents from a place on: so many as fit, but one at least. */
  async #portionAt(at: number): Promise<{ readonly documents: AskedDocument[]; readonly end: number }> {
    for (;;) {
      const portion = this.#instances.slice(at, at + this.#size);
      const room = new Room(portion.length > 1);
      const [documents, prompts] = await Promise.all([this.#documentsOf(portion, room), this.#promptsOf(portion)]);
      await this.#readResponses(portion, prompts, documents, room);
      if (room.over) {
        this.#size = Math.ceil(portion.length / 4);
        continue;
      }
      const fitting = Math.floor((portion.length * MOST_HELD) / (2 * room.held + 1));
      this.#size = Math.max(1, Math.min(PORTION, fitting));
      return {
        documents: portion.map((instances) => this.#join(instances, documents, prompts)),
        end: at + portion.length,
      };
    }
  }

  async #documentsOf(portion: readonly InstanceRef[][], room: Room): Promise<Map<string, StoredInstance>> {
    const stored = new Map<string, StoredInstance>();
    // Only loglikelihoods need what was asked: where its continuation begins.
    const projection = this.#of.requestType === 'loglikelihood' ? { doc: 1, arguments: 1 } : { doc: 1 };
    const cursor = this.#of.db
      .collection('instances')
      .find({ _id: { $in: idsOf(portion) } }, { projection, raw: true, batchSize: BATCH });
    for await (const raw of cursor) {
      const bytes = bytesOf(raw);
      if (!room.take(bytes.length)) break;
      const fields = readBson(bytes);
      const doc = fields.get('doc') ?? null;
      const args = fields.get('arguments') ?? null;
      const continuation = Array.isArray(args) && typeof args[1] === 'string' ? args[1] : '';
      stored.set(hexOf(fields), { doc: docOf(doc), continuation });
    }
    return stored;
  }

  async #promptsOf(portion: readonly InstanceRef[][]): Promise<Map<string, AskedPrompt[]>> {
    const prompts = new Map<string, AskedPrompt[]>();
    const looksRight = { $regexMatch: { input: '$data', regex: '^\\s*\\{[\\s\\S]*\\}\\s*$' } };
    const cursor = this.#of.db
      .collection('prompts')
      .find(
        { task_id: this.#of.taskId, instance_id: { $in: idsOf(portion) } },
        { projection: { instance_id: 1, looksRight }, batchSize: 2000 },
      );
    for await (const { _id, instance_id, looksRight: right } of cursor) {
      const prompt: AskedPrompt = {
        id: String(_id),
        broken: right !== true && (await this.#isBroken(_id)),
        answer: null,
      };
      const known = prompts.get(String(instance_id));
      if (known) known.push(prompt);
      else prompts.set(String(instance_id), [prompt]);
    }
    return prompts;
  }

  /** Whether a prompt's text is no JSON: then no answer to it counts (RESPONSE-13). */
  async #isBroken(_id: ObjectId): Promise<boolean> {
    const prompt = await this.#of.db.collection('prompts').findOne({ _id }, { projection: { data: 1 } });
    try {
      loads(String(prompt?.['data']));
      return false;
    } catch (error) {
      if (error instanceof PyJsonError) return true;
      throw error;
    }
  }

  /** Keeps of each response only what is scored, so that a portion's size does not depend on what was sent back. */
  async #readResponses(
    portion: readonly InstanceRef[][],
    prompts: ReadonlyMap<string, AskedPrompt[]>,
    documents: ReadonlyMap<string, StoredInstance>,
    room: Room,
  ): Promise<void> {
    if (room.over) return;
    const { db, taskId, path, requestType } = this.#of;
    const byId = new Map(
      [...prompts].flatMap(([instance, list]) => list.map((prompt) => [prompt.id, { prompt, instance }] as const)),
    );
    const projection = { ok: 1, error_code: 1, error: 1, ms: 1, response: 1, session_height: 1, prompt_id: 1 };
    const cursor = db
      .collection('responses')
      .find({ task_id: taskId, instance_id: { $in: idsOf(portion) } }, { projection, raw: true, batchSize: BATCH });
    for await (const raw of cursor) {
      const response = readBson(bytesOf(raw));
      const height = sessionHeightOf(response);
      if (height !== null && height > this.#height) this.#height = height;
      const asked = byId.get(hexOf(response, 'prompt_id'));
      // The first good answer counts; of failures the first is reported.
      if (!asked || asked.prompt.answer?.failed === null) continue;
      const answer = readAnswer(
        response,
        path,
        requestType,
        documents.get(asked.instance)?.continuation ?? '',
        asked.prompt.broken,
      );
      if (asked.prompt.answer === null || answer.failed === null) asked.prompt.answer = answer;
      if (answer.failed === null && !room.take(answer.text?.length ?? 0)) break;
    }
  }

  #join(
    instances: readonly InstanceRef[],
    documents: ReadonlyMap<string, StoredInstance>,
    prompts: ReadonlyMap<string, AskedPrompt[]>,
  ): AskedDocument {
    const docId = instances[0]?.docId ?? -1;
    const answers = instances.flatMap(({ id }) => prompts.get(id.toHexString())?.map(({ answer }) => answer) ?? [null]);
    const failures = answers
      .map((answer) => (answer === null ? NO_RESPONSE : answer.failed))
      .filter((failure) => failure !== null);
    // A failure that says something is reported rather than one that does not.
    const failed = failures.find(({ code }) => code !== STATUS.noResponse) ?? failures[0] ?? null;
    if (failed) return { docId, answered: null, failed, runTime: 0 };
    const good = answers.filter((answer) => answer !== null && answer.failed === null);
    const doc = documents.get(instances[0]?.id.toHexString() ?? '')?.doc ?? new Map();
    return {
      docId,
      answered: {
        doc,
        generations: good.flatMap(({ text }) => (text === null ? [] : [text])),
        likelihoods: good.flatMap(({ likelihood }) => (likelihood === null ? [] : [likelihood])),
      },
      failed: null,
      runTime: good.reduce((sum, { ms }) => sum + ms, 0) / good.length,
    };
  }
}

/** How much a portion holds. */
class Room {
  readonly #bounded: boolean;
  held = 0;

  constructor(bounded: boolean) {
    this.#bounded = bounded;
  }

  get over(): boolean {
    return this.#bounded && this.held > MOST_HELD;
  }

  /** Whether there was room for so much. */
  take(size: number): boolean {
    this.held += size;
    return !this.over;
  }
}

interface InstanceRef {
  readonly id: ObjectId;
  readonly docId: number;
  readonly idx: number;
}

interface StoredInstance {
  readonly doc: Doc;
  readonly continuation: string;
}

interface AskedPrompt {
  readonly id: string;
  readonly broken: boolean;
  answer: Answer | null;
}

function idsOf(portion: readonly InstanceRef[][]): ObjectId[] {
  return portion.flatMap((instances) => instances.map(({ id }) => id));
}

function bytesOf(raw: unknown): Uint8Array {
  if (raw instanceof Uint8Array) return raw;
  throw new TypeError('the driver gave a document where its bytes were asked for');
}

function hexOf(fields: ReadonlyMap<string, PyValue>, name = '_id'): string {
  const id = fields.get(name);
  return id !== null && typeof id === 'object' && 'str' in id ? id.str : '';
}

function docOf(value: PyValue): Doc {
  return isDict(value) ? new Map([...value].map(([key, item]) => [String(key), item])) : new Map();
}
