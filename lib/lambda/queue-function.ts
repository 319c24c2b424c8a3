import { MetricUnit } from '@aws-lambda-powertools/metrics';
import type { Tracer } from '@aws-lambda-powertools/tracer';
import middy, { type MiddyfiedHandler } from '@middy/core';
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { type BatchOptions, type MessageOutcome, processBatch, type TimeLeft } from '../queue/batch.ts';
import type { Delivery } from '../queue/delivery.ts';
import { failureOf } from '../queue/failure.ts';
import type { Received, Together } from '../queue/together.ts';
import { addCounts, type Counts, observed } from './observed.ts';
import type { FunctionRuntime } from './runtime.ts';

/** What makes one queue's function different from another's. */
export interface QueueWork<Message>
  extends Pick<
    BatchOptions<Message>,
    'queue' | 'parse' | 'identify' | 'identifiesLate' | 'keepReason' | 'awaits' | 'sideBySide'
  > {
  /** Does one message's work and returns how much it was. What it throws decides whether it is tried again. */
  readonly handle: (message: Message, delivery: Delivery, timeLeft: TimeLeft) => Promise<Counts>;
  /** What several messages can have done together. */
  readonly together?: TogetherWork<Message>;
}

/** As {@link Together}, and how much it was. */
export interface TogetherWork<Message> extends Pick<Together<Message>, 'mayBe' | 'requestOf' | 'bodyIsAll'> {
  readonly handle: (received: readonly Received<Message>[]) => Promise<WorkedTogether>;
}

/** Whose work is done, and how much it was. */
export interface WorkedTogether {
  readonly done: ReadonlySet<Delivery>;
  readonly counts: Counts;
}

const OUTCOMES: Readonly<Record<MessageOutcome, string>> = {
  done: 'MessagesDone',
  retried: 'MessagesRetried',
  dead: 'MessagesDead',
  returned: 'MessagesRetried',
  notBegun: 'MessagesNotBegun',
};

/** The handler of a function that works through a queue: parsing, failures, log, metrics and trace are the same for all. */
export function queueFunction<Message>(
  runtime: Pick<FunctionRuntime<never>, 'log' | 'metrics' | 'tracer'>,
  { handle, together, ...work }: QueueWork<Message>,
): MiddyfiedHandler<SQSEvent, SQSBatchResponse> {
  const { log, metrics, tracer } = runtime;
  const options: BatchOptions<Message> = {
    ...work,
    log,
    async handle(message, delivery, timeLeft) {
      const started = performance.now();
      const { requestId, received } = delivery;
      // No dimension: whoever reads the lines finds whose numbers these are.
      metrics.addMetadata('requestId', requestId);
      const counts = await inSubsegment(tracer, 'message', { requestId, received }, () =>
        handle(message, delivery, timeLeft),
      );
      addCounts(metrics, counts);
      metrics.addMetric('MessageDuration', MetricUnit.Milliseconds, performance.now() - started);
    },
    together: together && {
      ...together,
      async handle(received) {
        const started = performance.now();
        const { done, counts } = await inSubsegment(tracer, 'messages', { messages: received.length }, () =>
          together.handle(received),
        );
        addCounts(metrics, counts);
        const took = performance.now() - started;
        for (const _ of done) metrics.addMetric('MessageDuration', MetricUnit.Milliseconds, took);
        return done;
      },
    },
    onOutcome: (outcome) => addCounts(metrics, { [OUTCOMES[outcome]]: 1 }),
  };
  return middy<SQSEvent, SQSBatchResponse>()
    .use(observed(runtime))
    .handler((event: SQSEvent, context: Context) => processBatch(event, context, options));
}

/** Does a piece of work in a part of the trace of its own, by whose annotations it can be searched for; others may be under way. */
export async function inSubsegment<T>(
  tracer: Tracer,
  name: string,
  annotations: Readonly<Record<string, string | number>>,
  work: () => Promise<T>,
): Promise<T> {
  const segment = tracer.getSegment()?.addNewSubsegment(name);
  if (!segment) return work();
  return await tracer.provider.getNamespace().runAndReturn(async () => {
    tracer.setSegment(segment);
    for (const [key, value] of Object.entries(annotations)) tracer.putAnnotation(key, value);
    try {
      return await work();
    } catch (error) {
      // A trace has little room, and is no place for secrets.
      const { code, message } = failureOf(error);
      tracer.addErrorAsMetadata(new Error(`${code}: ${message}`));
      throw error;
    } finally {
      segment.close();
    }
  });
}
