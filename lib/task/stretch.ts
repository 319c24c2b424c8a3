import type { TaskConfig } from '../catalogue/task-config.ts';
import { PermanentError } from '../errors/errors.ts';
import type { Plan } from '../plan/plan.ts';
import type { Doc } from '../python/value.ts';
import { availableExamples, drawPositions, fewshotDraw, fewshotSource, turnsOf } from './fewshot.ts';
import { createRenderer, type RenderedInstance } from './renderer.ts';
import { renderSettings } from './settings.ts';

/** Documents of a plan that follow each other in its list, as a shard has them. */
export interface Stretch {
  /** How many of the plan's documents come before these: few-shot draws go through the plan in order. */
  readonly offset: number;
  readonly docIds: readonly number[];
}

/** Where a split's rows are. */
type Splits = ReadonlyMap<string, { readonly min: number; readonly count: number }>;

/** A stretch before its rows are read. */
export interface PlannedStretch {
  /** The rows that it reads: its documents, the worked examples that they draw, and the split's first row. With repeats. */
  readonly rowIds: readonly number[];
  /**
   * What renders it from these rows: a function from a position in the stretch to that document's instances.
   * @throws PermanentError where the task can't be compiled, or (the function) the document not be rendered
   */
  renderer(rows: Pick<ReadonlyMap<number, Doc>, 'get'>): (position: number) => RenderedInstance[];
}

/**
 * Finds out which rows a stretch of a plan's documents needs, and then renders them: whoever has the same plan and rows
 * gets the same bytes.
 * @throws PermanentError FewshotUnavailable where the data set holds fewer worked examples than the plan draws.
 */
export function planStretch(
  plan: Plan,
  config: TaskConfig,
  splits: Splits,
  { offset, docIds }: Stretch,
): PlannedStretch {
  const draw = fewshotDraw(config, plan.numFewshot, availableExamples(config, splits), turnsOf(plan));
  const positions = drawPositions(draw, offset, docIds.length);
  const source = draw.drawn === 0 ? null : fewshotSource(config);
  const exampleBase = source?.kind === 'split' ? (splits.get(source.split)?.min ?? 0) : 0;
  const exampleIds = source?.kind === 'split' ? positions.flat().map((position) => exampleBase + position) : [];
  const firstId = splits.get(plan.evalSplit)?.min ?? docIds[0] ?? 0;
  return {
    rowIds: [firstId, ...docIds, ...exampleIds],
    renderer(rows) {
      const rowOf = (id: number): Doc => {
        const row = rows.get(id);
        if (row) return row;
        throw new PermanentError(
          'DatasetInvalid',
          `Task ${plan.resolvedTask}: document ${id} is not in its table; register the task anew.`,
        );
      };
      const { process, render } = createRenderer(config, renderSettings(plan, config), rowOf(firstId));
      const processed = new Map<number, Doc>();
      const exampleAt = (position: number): Doc => {
        if (source?.kind === 'samples') return source.samples[position] ?? new Map();
        const id = exampleBase + position;
        const example = processed.get(id) ?? process(rowOf(id));
        processed.set(id, example);
        return example;
      };
      return (position) => {
        const drawn = (positions[position] ?? []).map(exampleAt);
        return render(process(rowOf(docIds[position] ?? -1)), drawn);
      };
    },
  };
}
