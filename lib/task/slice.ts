import type { TaskConfig } from '../catalogue/task-config.ts';
import { PermanentError } from '../errors/errors.ts';
import type { Doc } from '../python/value.ts';
import { RenderClock } from './clock.ts';
import { availableExamples, drawPositions, fewshotDraw, fewshotSource } from './fewshot.ts';
import type { FunctionValues } from './field.ts';
import { type RenderSettings, turnsOf } from './render-settings.ts';
import { createRenderer, type LabelledDoc, type RenderedInstance } from './renderer.ts';

/** A task, and how its documents are rendered. */
export interface TaskRendering {
  readonly config: TaskConfig;
  readonly settings: RenderSettings;
  /** The split that is asked about. */
  readonly evalSplit: string;
}

/** Documents of a request that follow each other in its list, as a shard has them. */
export interface DocSlice {
  /** How many of the request's documents come before these: few-shot draws go through the request in order. */
  readonly offset: number;
  readonly docIds: readonly number[];
  /** Where these documents are, where that is not what their ids say. */
  readonly places?: readonly number[];
}

/** Where a split's rows are. */
type Splits = ReadonlyMap<string, { readonly min: number; readonly count: number }>;

/** A slice before its rows are read. */
export interface PreparedSlice {
  /** The rows that it reads: its documents, the worked examples that they draw, and the split's first row. With repeats. */
  readonly rowIds: readonly number[];
  /**
   * What renders it from these rows: a function from a position in the slice to that document's instances.
   * @throws PermanentError where the task can't be compiled, or (the function) the document not be rendered
   */
  renderer(
    rows: Pick<ReadonlyMap<number, Doc>, 'get'>,
    values?: FunctionValues,
  ): (position: number) => RenderedInstance[];
  /** As {@link renderer}, and besides what a document and its worked examples are made of. @throws as it does */
  open(
    rows: Pick<ReadonlyMap<number, Doc>, 'get'>,
    values?: FunctionValues,
  ): { render(position: number): RenderedInstance[]; label(position: number): LabelledDoc };
}

/**
 * Finds out which rows a slice of a request's documents needs, and then renders them: whoever has the same task and rows
 * gets the same bytes.
 * @throws PermanentError FewshotUnavailable where the data set holds fewer worked examples than are drawn.
 */
export function prepareSlice(
  { config, settings, evalSplit }: TaskRendering,
  splits: Splits,
  { offset, docIds, places = docIds }: DocSlice,
): PreparedSlice {
  const draw = fewshotDraw(config, settings.shots, availableExamples(config, splits), turnsOf(settings));
  const positions = drawPositions(draw, settings.fewshotSeed, offset, docIds.length);
  const source = draw.drawn === 0 ? null : fewshotSource(config);
  const exampleBase = source?.kind === 'split' ? (splits.get(source.split)?.min ?? 0) : 0;
  const exampleIds = source?.kind === 'split' ? positions.flat().map((position) => exampleBase + position) : [];
  const firstId = splits.get(evalSplit)?.min ?? places[0] ?? 0;
  const slice: PreparedSlice = {
    rowIds: [firstId, ...places, ...exampleIds],
    renderer: (rows, values) => slice.open(rows, values).render,
    open(rows, values) {
      const rowOf = (id: number): Doc => {
        const row = rows.get(id);
        if (row) return row;
        throw new PermanentError(
          'DatasetInvalid',
          `Task ${config.task}: document ${id} is not in its table; register the task again.`,
        );
      };
      const clock = new RenderClock(docIds.length);
      const task = `Task ${config.task}`;
      const { process, render, label } = clock.run(task, () =>
        createRenderer(config, settings, rowOf(firstId), clock, values),
      );
      const processed = new Map<number, Doc>();
      const exampleAt = (position: number): Doc => {
        if (source?.kind === 'samples') return source.samples[position] ?? new Map();
        const id = exampleBase + position;
        const example = processed.get(id) ?? process(rowOf(id));
        processed.set(id, example);
        return example;
      };
      const atEach =
        <T>(work: (doc: Doc, drawn: readonly Doc[]) => T) =>
        (position: number) => {
          const id = docIds[position] ?? -1;
          return clock.run(`${task}, document ${id}`, () => {
            const drawn = (positions[position] ?? []).map(exampleAt);
            return work(process(rowOf(places[position] ?? -1)), drawn);
          });
        };
      return { render: atEach(render), label: atEach(label) };
    },
  };
  return slice;
}
