import { ObjectId } from 'mongodb';
import { PermanentError } from '../errors/errors.ts';
import type { Plan } from '../plan/plan.ts';
import type { PyDict } from '../python/value.ts';
import type { RenderedInstance } from '../task/renderer.ts';
import { type BsonWriter, fieldsOf, UnstorableValue } from './bson-writer.ts';
import { DocumentBatch } from './document-batch.ts';
import { type ChildId, childIds } from './ids.ts';

/** What the documents of one plan have in common. */
export interface DocumentContext {
  readonly taskId: ObjectId;
  readonly plan: Plan;
  readonly createdAt: Date;
  /** Seconds to wait for an answer, from the prompt's estimated length. */
  readonly timeoutOf: (ctxlen: number) => number;
}

/** Documents of both collections, as bytes. */
export interface EncodedDocuments {
  readonly instances: DocumentBatch;
  readonly prompts: DocumentBatch;
}

/**
 * Makes the documents of a plan's instances and of their prompts, one per answer wanted (DOCUMENT-3, DOCUMENT-4), as bytes of BSON: half
 * of what the driver takes to write a document is to look at it. Fields that all of them have in common are encoded once.
 */
export class DocumentEncoder {
  readonly #context: DocumentContext;
  readonly #childId: ChildId;
  readonly #parts: ReturnType<typeof constantParts>;
  /** A request's arguments, which all its instances have in common, as they were written last. */
  #settings: { readonly of: PyDict; readonly bytes: Uint8Array } | undefined;

  /** Whose documents are written. */
  #last: { readonly instance: RenderedInstance; readonly id: Uint8Array } | undefined;

  constructor(context: DocumentContext) {
    this.#context = context;
    this.#childId = childIds(context.taskId, context.createdAt);
    this.#parts = constantParts(context);
  }

  /**
   * Adds the document of an instance, and those of its prompts.
   * @throws PermanentError DatasetInvalid for what MongoDB can never hold, naming the document
   */
  add(instance: RenderedInstance, documents: EncodedDocuments): void {
    this.addInstance(instance, documents);
    this.addPrompts(instance, documents, 0, this.#context.plan.repeats);
  }

  /** Adds the document of an instance alone. @throws as `add` */
  addInstance(instance: RenderedInstance, { instances }: EncodedDocuments): void {
    try {
      this.#instance(instance, instances);
    } catch (error) {
      throw this.#refused('instance', instance.docId, error);
    }
  }

  /** Adds the documents of some of an instance's prompts, by their numbers. @throws as `add` */
  addPrompts(instance: RenderedInstance, { prompts }: EncodedDocuments, first: number, end: number): void {
    try {
      this.#prompts(instance, prompts, first, end);
    } catch (error) {
      throw this.#refused('prompt', instance.docId, error);
    }
  }

  #instance(instance: RenderedInstance, batch: DocumentBatch): void {
    const { docId, idx, doc, arguments: given } = instance;
    const [text, rest] = given;
    const { writer } = batch;
    const parts = this.#parts;
    writer.open();
    writer.objectId('_id', this.#idOf(instance));
    writer.fields(parts.requestType);
    batch.doc(doc);
    const args = writer.beginList('arguments');
    writer.string('0', text);
    if (typeof rest === 'string') writer.string('1', rest);
    else this.#settingsOf(rest, writer);
    writer.endList(args);
    writer.number('idx', idx);
    const metadata = writer.beginList('metadata');
    writer.fields(parts.metadataTask);
    writer.number('1', docId);
    writer.fields(parts.metadataRepeats);
    writer.endList(metadata);
    writer.fields(parts.taskName);
    writer.number('doc_id', docId);
    writer.fields(parts.instanceEnd);
    batch.close();
  }

  #prompts(instance: RenderedInstance, batch: DocumentBatch, first: number, end: number): void {
    const { docId, idx, data, ctxlen } = instance;
    const { writer } = batch;
    const parts = this.#parts;
    const from = writer.length;
    writer.open();
    writer.objectId('_id', this.#childId('prompt', docId, idx, first));
    writer.string('data', data);
    writer.fields(parts.taskId);
    writer.objectId('instance_id', this.#idOf(instance));
    writer.value('timeout', BigInt(this.#context.timeoutOf(ctxlen)));
    writer.fields(parts.promptMiddle);
    writer.number('ctxlen', ctxlen);
    writer.fields(parts.promptEnd);
    batch.close();
    const to = writer.length;
    for (let n = first + 1; n < end; n++) batch.again(from, to, this.#childId('prompt', docId, idx, n));
  }

  #idOf(instance: RenderedInstance): Uint8Array {
    if (this.#last?.instance !== instance) {
      this.#last = { instance, id: this.#childId('instance', instance.docId, instance.idx, 0) };
    }
    return this.#last.id;
  }

  #settingsOf(dict: PyDict, writer: BsonWriter): void {
    if (this.#settings?.of === dict) {
      writer.fields(this.#settings.bytes);
      return;
    }
    const from = writer.length;
    writer.dict('1', dict);
    this.#settings = { of: dict, bytes: Buffer.from(writer.bytes.subarray(from, writer.length)) };
  }

  #refused(what: string, docId: number, error: unknown): unknown {
    if (!(error instanceof UnstorableValue)) return error;
    const { task } = this.#context.plan;
    const message = `Task ${task}, document ${docId}: MongoDB can't hold its ${what} (${error.message}). Leave it out by the blacklist.`;
    return new PermanentError('DatasetInvalid', message, { context: { task, docId } });
  }
}

/** What all documents of a plan have in common, between what they have not. */
function constantParts({ plan, taskId, createdAt }: DocumentContext) {
  const { requestType, resolvedTask, repeats } = plan;
  return {
    requestType: fieldsOf((writer) => writer.string('request_type', requestType)),
    metadataTask: fieldsOf((writer) => writer.string('0', resolvedTask)),
    metadataRepeats: fieldsOf((writer) => writer.number('2', repeats)),
    taskName: fieldsOf((writer) => writer.string('task_name', resolvedTask)),
    instanceEnd: fieldsOf((writer) => {
      writer.number('repeats', repeats);
      writer.objectId('task_id', taskId.id);
      writer.value('done', false);
      writer.date('creation_date', createdAt);
    }),
    taskId: fieldsOf((writer) => writer.objectId('task_id', taskId.id)),
    promptMiddle: fieldsOf((writer) => {
      writer.value('done', false);
      writer.number('trigger_session', 0);
      writer.date('creation_date', createdAt);
    }),
    promptEnd: fieldsOf((writer) => {
      writer.value('context_enc', null);
      writer.value('continuation_enc', null);
    }),
  };
}

/** Judges whether MongoDB could hold a plan's documents, of which none is written. */
export class StorableCheck {
  readonly #encoder: DocumentEncoder;
  readonly #documents = { instances: new DocumentBatch(), prompts: new DocumentBatch() };

  constructor(plan: Plan) {
    this.#encoder = new DocumentEncoder({ taskId: new ObjectId(), plan, createdAt: new Date(0), timeoutOf: () => 0 });
  }

  /** @throws PermanentError DatasetInvalid, naming the document */
  check(instance: RenderedInstance): void {
    for (const batch of Object.values(this.#documents)) batch.clear();
    this.#encoder.addInstance(instance, this.#documents);
    // Its prompts differ in their ids alone, however many there are.
    this.#encoder.addPrompts(instance, this.#documents, 0, 1);
  }
}
