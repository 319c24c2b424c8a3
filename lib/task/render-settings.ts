import { chatPrinter, completionPrinter, type ModelArgs } from '../payload/data.ts';
import type { PyDict } from '../python/value.ts';

/** The kinds of requests that are made: answers to be written, or choices to be weighed. */
export const REQUEST_TYPES = ['generate_until', 'loglikelihood'] as const;
/** One of them. */
export type RequestType = (typeof REQUEST_TYPES)[number];

/** How a task's documents are rendered: all settings in effect, whoever set them. */
export interface RenderSettings {
  readonly requestType: RequestType;
  readonly chat: boolean;
  readonly multiturn: boolean;
  /** Worked examples per document. */
  readonly shots: number;
  /** Draws the worked examples. */
  readonly fewshotSeed: bigint;
  readonly systemInstruction: string | null;
  /** The task's `generation_kwargs` with the request's merged over them; what instances show. */
  readonly generationKwargs: PyDict;
  readonly model: ModelArgs;
}

/** How worked examples are laid out: in the text, as turns of a chat, or all in one turn. */
export type Turns = 'text' | 'multiturn' | 'single-turn';

/** The layout that the settings ask for. */
export function turnsOf({ chat, multiturn }: RenderSettings): Turns {
  if (!chat) return 'text';
  return multiturn ? 'multiturn' : 'single-turn';
}

/**
 * Finds out before any work is begun whether the request's arguments can be written into prompts.
 * @throws PermanentError BadMessage naming the argument.
 */
export function checkPrintable({ chat, generationKwargs, model, requestType }: RenderSettings): void {
  if (requestType === 'loglikelihood') return;
  if (chat) chatPrinter(generationKwargs, model);
  else completionPrinter(generationKwargs, model);
}
