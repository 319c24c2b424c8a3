import { RecentlyUsed } from '../cache/recently-used.ts';
import type { TaskConfig } from '../catalogue/task-config.ts';
import { PermanentError } from '../errors/errors.ts';
import { PyRandom } from '../python/random.ts';
import type { Doc } from '../python/value.ts';
import type { Turns } from './render-settings.ts';

/** Where a task's worked examples come from. */
export type FewshotSource =
  | { readonly kind: 'samples'; readonly samples: readonly Doc[] }
  | { readonly kind: 'split'; readonly split: string };

/** `ConfigurableTask.fewshot_docs` (FEWSHOT-1): the few-shot split, the task's own samples, else train, validation, test. */
export function fewshotSource(config: TaskConfig): FewshotSource | null {
  if (config.fewshot_split !== null) return { kind: 'split', split: config.fewshot_split };
  const samples = config.fewshot_config?.samples ?? null;
  if (samples !== null) return { kind: 'samples', samples };
  const split = config.training_split ?? config.validation_split ?? config.test_split;
  return split === null ? null : { kind: 'split', split };
}

/** How many worked examples a task can draw from, its splits being of these sizes. */
export function availableExamples(config: TaskConfig, splits: ReadonlyMap<string, { readonly count: number }>): number {
  const source = fewshotSource(config);
  if (source === null) return 0;
  return source.kind === 'samples' ? source.samples.length : (splits.get(source.split)?.count ?? 0);
}

/** How the harness draws examples for one request. */
export interface FewshotDraw {
  /** Examples wanted per document. */
  readonly shots: number;
  /** Examples drawn at a time: one more where a document might draw itself. */
  readonly drawn: number;
  /** Draws per document; single-turn chat draws twice and uses the second. */
  readonly drawsPerDoc: number;
  readonly firstN: boolean;
  /** How many examples there are to draw from. */
  readonly available: number;
}

/**
 * The draw of a task (`ContextSampler.get_context`, `get_chat_context`; FEWSHOT-3, FEWSHOT-5 to FEWSHOT-7).
 * @throws PermanentError FewshotUnavailable where fewer examples exist than the harness would draw, or with an unknown sampler.
 */
export function fewshotDraw(config: TaskConfig, shots: number, available: number, turns: Turns): FewshotDraw {
  const sampler = config.fewshot_config?.sampler ?? 'default';
  if (sampler !== 'default' && sampler !== 'first_n') {
    throw new PermanentError('UnsupportedTask', `Task ${config.task} draws few-shot examples with an unknown sampler.`);
  }
  const drawn = shots === 0 ? 0 : config.fewshot_split === config.test_split ? shots + 1 : shots;
  if (drawn > available) {
    throw new PermanentError(
      'FewshotUnavailable',
      `Task ${config.task} would draw ${drawn} few-shot examples for ${shots} shots, but only ${available} exist. Ask for fewer with num_fewshot.`,
      { context: { task: config.task, shots, available } },
    );
  }
  return { shots, drawn, drawsPerDoc: turns === 'single-turn' ? 2 : 1, firstN: sampler === 'first_n', available };
}

/**
 * Generators as they were after so many documents: a process that has a request's shards one after the other goes on from there, where
 * the draws of all shards before each would take a time that grows with the square of their number. Each is 2.5 kB.
 */
const wound = new RecentlyUsed<PyRandom>({ chars: 16, charsOfOne: 1 });
/** Fewer documents are drawn for as fast as looked up, and would displace others. */
const LEAST_WOUND = 32;

/**
 * Positions in the few-shot source drawn for documents `offset` to `offset + count - 1` of a request, as the harness draws
 * them going through the request from its first document: earlier documents' draws are made and discarded.
 */
export function drawPositions(draw: FewshotDraw, seed: bigint, offset: number, count: number): number[][] {
  if (draw.drawn === 0) return Array.from({ length: count }, () => []);
  if (draw.firstN) {
    const first = Array.from({ length: draw.drawn }, (_, i) => i);
    return Array.from({ length: count }, () => first);
  }
  const after = (docs: number) => JSON.stringify([String(seed), draw.available, draw.drawn, draw.drawsPerDoc, docs]);
  const known = wound.get(after(offset))?.copy();
  const random = known ?? new PyRandom(seed);
  const drawNext = () => {
    for (let i = 1; i < draw.drawsPerDoc; i++) random.sample(draw.available, draw.drawn);
    return random.sample(draw.available, draw.drawn);
  };
  if (known === undefined) for (let i = 0; i < offset; i++) drawNext();
  const positions = Array.from({ length: count }, drawNext);
  if (offset + count >= LEAST_WOUND) wound.set(after(offset + count), random, 1);
  return positions;
}
