import type { QueueCalls } from './queue-calls.ts';
import { type EventSource, RunningSource } from './running-source.ts';

/** Running event sources. */
export interface EventSources {
  /**
   * Takes no more messages, hands back at once those that wait for their turn, gives the batches in work `graceMs` to end, and
   * hands back what is left to its queue. Can be called more than once.
   */
  stop(graceMs?: number): Promise<void>;
}

const GRACE_MS = 5000;

/**
 * Polls queues and calls functions as Lambda's event source mappings do: in batches, of which the messages that the
 * answer does not call failed are deleted. The others come back when their visibility time-out ends, those of a function
 * that throws or dies after some seconds at most. `onError` receives what goes wrong; polling continues.
 */
export function startEventSources(
  calls: QueueCalls,
  sources: readonly EventSource[],
  onError: (source: string, error: unknown) => void,
): EventSources {
  const running = sources.map((source) => new RunningSource(calls, source, (error) => onError(source.name, error)));
  return {
    async stop(graceMs = GRACE_MS) {
      await Promise.all(running.map((source) => source.stop(graceMs)));
    },
  };
}
