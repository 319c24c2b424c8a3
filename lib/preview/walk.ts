import { renderingOf } from '../plan/rendering.ts';
import type { Doc } from '../python/value.ts';
import { fewshotSource } from '../task/fewshot.ts';
import { docIdOf, type LabelledDoc, type RenderedInstance } from '../task/renderer.ts';
import { prepareSlice, type TaskRendering } from '../task/slice.ts';
import type { PreviewPlan } from './preview.ts';
import type { StagedTable } from './staged-table.ts';

/** One document of a walk. Both functions throw a PermanentError where it can't be rendered. */
export interface WalkedDoc {
  readonly docId: number;
  readonly doc: Doc;
  /** The same for documents that a function made of one row. */
  readonly row: string;
  /** Its instances, byte for byte as a shard would write them. */
  render(): RenderedInstance[];
  /** What it is made of: what the task's fields give for it and for the worked examples that it shows. */
  label(): LabelledDoc;
}

/**
 * Goes through all documents that a plan of the whole split asks about, some hundred at a time. Reads the split as a stream;
 * only worked examples that are drawn at random stay in memory, as a split of theirs.
 * @throws PermanentError where the task as a whole can't be rendered
 */
export async function* walkDocs(planned: PreviewPlan): AsyncGenerator<WalkedDoc[]> {
  const { plan, table } = planned;
  const rendering = renderingOf(plan);
  const examples = await readExamples(planned, rendering);
  const first = table.splits.get(plan.evalSplit)?.min ?? 0;
  let offset = 0;
  for await (const docs of table.stream(plan.evalSplit)) {
    // The stream gives the split's documents in the order of their places.
    const places = docs.map((_, i) => first + offset + i);
    const rows = new Map(docs.map((doc, i) => [places[i] ?? -1, doc]));
    const docIds = docs.map(docIdOf);
    const slice = prepareSlice(rendering, table.splits, { offset, docIds, places });
    const { render, label } = slice.open({ get: (place) => rows.get(place) ?? examples.get(place) }, table.values);
    yield docs.map((doc, position) => ({
      docId: docIds[position] ?? -1,
      doc,
      row: table.rowOf(places[position] ?? -1, doc),
      render: () => render(position),
      label: () => label(position),
    }));
    offset += docs.length;
  }
}

/** The split's first row, which every slice looks at, and the rows that worked examples are drawn from. */
async function readExamples({ plan, table }: PreviewPlan, rendering: TaskRendering): Promise<Map<number, Doc>> {
  const { config, settings } = rendering;
  const first = table.splits.get(plan.evalSplit)?.min ?? 0;
  const source = settings.shots === 0 ? null : fewshotSource(config);
  if (source?.kind !== 'split') return table.rows([first]);
  if (config.fewshot_config?.sampler === 'first_n') {
    const slice = prepareSlice(rendering, table.splits, { offset: 0, docIds: [first], places: [first] });
    return table.rows(slice.rowIds);
  }
  return new Map([...(await table.rows([first])), ...(await readAll(table, source.split))]);
}

async function readAll(table: StagedTable, split: string): Promise<[number, Doc][]> {
  const rows: [number, Doc][] = [];
  let place = table.splits.get(split)?.min ?? 0;
  for await (const docs of table.stream(split)) for (const doc of docs) rows.push([place++, doc]);
  return rows;
}
