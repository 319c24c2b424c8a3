import { setTimeout as sleep } from 'node:timers/promises';
import type { Message } from '@aws-sdk/client-sqs';
import type { SQSEvent } from 'aws-lambda';
import { PolledQueue } from './polled-queue.ts';
import type { QueueCalls } from './queue-calls.ts';
import { failedIds, toSqsEvent } from './sqs-event.ts';

/** A queue that drives a function. */
export interface EventSource {
  name: string;
  queueUrl: string;
  batchSize: number;
  /** How many batches are handled at once. */
  maximumConcurrency: number;
  /**
   * How many messages may wait in this process for a batch in work to end, where work is quick; none if not given. They are
   * taken ten at a time then, which costs a queue a fraction of one at a time. What waits here when this process is killed
   * comes back as late as what was in work.
   */
  ahead?: number;
  /** Handles one batch; what it returns or throws is read as Lambda reads it. */
  invoke: (event: SQSEvent) => Promise<unknown>;
}

/** SQS gives no more in one answer. */
const MAX_TAKEN = 10;
/**
 * A batch whose function threw or died comes back after this. On Lambda it is the queue's visibility time-out, up to 90
 * minutes, for which nobody wants to wait at a machine of their own.
 */
const RETURN_SECONDS = 10;
const PAUSE_AFTER_ERROR_MS = 1000;
/** Only so many messages are taken ahead as begin within this time, by the pace of late. */
const AHEAD_MS = 1000;
/**
 * What has not begun in this part of its visibility time-out goes back, for whoever is free. On AWS the time-out is six times
 * that of the function, so that what begins in its first half ends in it.
 */
const WAITING_PART = 0.5;
/** How much the last batch counts in the pace. */
const NEWEST = 0.2;

/** Messages that are handled together. */
type Batch = readonly Message[];

/** A message that was taken from the queue and has not begun. */
interface Waiting {
  readonly message: Message;
  /** When it goes back, by `performance.now`. */
  readonly until: number;
}

/** One queue that is polled, and the batches of its function that are in work. */
export class RunningSource {
  readonly #source: EventSource;
  readonly #queue: PolledQueue;
  readonly #onError: (error: unknown) => void;
  #waiting: Waiting[] = [];
  #late: NodeJS.Timeout | undefined;
  /** With when each began. */
  readonly #inWork = new Map<Batch, number>();
  /** What is under way: polls and batches. */
  readonly #tasks = new Set<Promise<void>>();
  #polling: Promise<void> | undefined;
  /** Milliseconds that a batch takes; unknown before the first. */
  #pace = Number.POSITIVE_INFINITY;
  readonly #stopping = new AbortController();

  constructor(calls: QueueCalls, source: EventSource, onError: (error: unknown) => void) {
    this.#source = source;
    this.#queue = new PolledQueue(calls, source.queueUrl, onError);
    this.#onError = onError;
    this.#goOn();
  }

  /** See EventSources. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping.abort();
    clearTimeout(this.#late);
    await this.#polling;
    await this.#handBack(this.#waiting.splice(0).map(({ message }) => message));
    const grace = new AbortController();
    await Promise.race([Promise.all(this.#tasks), sleep(graceMs, undefined, { signal: grace.signal }).catch(() => {})]);
    grace.abort();
    await Promise.all([...this.#inWork.keys()].map((batch) => this.#handBack(batch)));
    await this.#queue.flush();
  }

  /** Begins what can begin, and polls where there is room for more. Called whenever one of them may have changed. */
  #goOn(): void {
    if (this.#stopping.signal.aborted) return;
    while (this.#waiting.length > 0 && this.#free() > 0) {
      const batch = this.#waiting.splice(0, this.#source.batchSize).map(({ message }) => message);
      this.#inWork.set(batch, performance.now());
      this.#follow(this.#work(batch));
    }
    const room = this.#room();
    if (this.#polling !== undefined || room <= 0 || (this.#waiting.length > 0 && room < MAX_TAKEN)) return;
    this.#polling = this.#poll(Math.min(room, MAX_TAKEN)).finally(() => {
      this.#polling = undefined;
      this.#goOn();
    });
  }

  #follow(task: Promise<void>): void {
    this.#tasks.add(task);
    void task.finally(() => {
      this.#tasks.delete(task);
      this.#goOn();
    });
  }

  async #poll(most: number): Promise<void> {
    try {
      const { visibilitySeconds } = await this.#queue.facts();
      const taken = await this.#queue.receive(most);
      const until = performance.now() + visibilitySeconds * WAITING_PART * 1000;
      this.#waiting.push(...taken.map((message) => ({ message, until })));
      if (!this.#stopping.signal.aborted) this.#watch();
    } catch (error) {
      await this.#report(error);
    }
  }

  /** Hands back what has waited too long, and looks again when the next will have. */
  #watch(): void {
    const now = performance.now();
    const late = this.#waiting.filter(({ until }) => until <= now);
    this.#waiting = this.#waiting.filter(({ until }) => until > now);
    if (late.length > 0) void this.#handBack(late.map(({ message }) => message));
    clearTimeout(this.#late);
    const [next] = this.#waiting;
    if (next) this.#late = setTimeout(() => this.#watch(), next.until - now + 1).unref();
  }

  async #work(batch: Batch): Promise<void> {
    const began = performance.now();
    try {
      const { arn } = await this.#queue.facts();
      const event = toSqsEvent(batch, arn);
      const answer = await this.#source.invoke(event);
      const failed = failedIds(
        answer,
        event.Records.map(({ messageId }) => messageId),
      );
      this.#queue.delete(batch.filter(({ MessageId }) => !failed.has(MessageId ?? '')));
    } catch (error) {
      const { visibilitySeconds } = await this.#queue.facts();
      await this.#queue.release(batch, Math.min(RETURN_SECONDS, visibilitySeconds));
      await this.#report(error);
    }
    this.#inWork.delete(batch);
    const took = performance.now() - began;
    this.#pace = Number.isFinite(this.#pace) ? this.#pace + NEWEST * (took - this.#pace) : took;
  }

  async #report(error: unknown): Promise<void> {
    this.#onError(error);
    await sleep(PAUSE_AFTER_ERROR_MS, undefined, { signal: this.#stopping.signal }).catch(() => {});
  }

  #handBack(messages: Batch): Promise<void> {
    return this.#queue.release(messages, 0);
  }

  /** Batches that can begin now. */
  #free(): number {
    return this.#source.maximumConcurrency - this.#inWork.size;
  }

  /** Messages that can be taken now. */
  #room(): number {
    return this.#free() * this.#source.batchSize + this.#ahead() - this.#waiting.length;
  }

  /** Messages that may wait here: none while a batch is slow. */
  #ahead(): number {
    const { ahead = 0, batchSize, maximumConcurrency } = this.#source;
    const slow = Math.min(...this.#inWork.values()) < performance.now() - AHEAD_MS;
    return slow ? 0 : Math.min(ahead, Math.floor((AHEAD_MS / this.#pace) * batchSize * maximumConcurrency));
  }
}
