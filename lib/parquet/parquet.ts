import { PermanentError, SamplerError } from '../errors/errors.ts';
import type { PyValue } from '../python/value.ts';
import { UnpackBudget } from './budget.ts';
import type { Column } from './column-type.ts';
import { readFooter } from './footer.ts';
import type { Metadata } from './metadata.ts';
import { readStretches } from './read-ahead.ts';
import { RowGroupReader } from './row-groups.ts';
import type { FileBytes } from './window.ts';

/** An open parquet file. */
export interface ParquetFile {
  readonly columns: readonly Column[];
  readonly rowCount: number;
  /** What writers note beside the schema, as far as it is kept (metadata.ts). */
  readonly notes: ReadonlyMap<string, string>;
  /** Rows of each row group, and its bytes before they were compressed. */
  readonly groups: readonly { readonly rows: number; readonly bytes: number }[];
  /**
   * The rows of all row groups, or of those from `from` up to, not including, `to`, in order and in batches; a row holds a value for each of `columns`. Holds a few pages of each column at a
   * time, never a whole row group.
   * @throws PermanentError DatasetInvalid where the file does not hold what it says
   */
  batches(from?: number, to?: number): AsyncGenerator<PyValue[][]>;
}

/**
 * Reads a parquet file's footer. `name` is for messages.
 * @throws PermanentError DatasetInvalid where the file is not parquet or has a schema without a form in Python
 */
export async function openParquet(file: FileBytes, name: string): Promise<ParquetFile> {
  const explain = (where: string, error: unknown) => {
    if (error instanceof SamplerError) return error;
    const reason = error instanceof Error ? error.message : String(error);
    const message = `${name} can't be read${where}: ${reason}. Stage the data set again from a sound copy.`;
    return new PermanentError('DatasetInvalid', message, { cause: error, context: { file: name } });
  };
  let metadata: Metadata;
  try {
    metadata = await readFooter(file);
  } catch (error) {
    throw explain('', error);
  }
  const { schema, groups, notes } = metadata;
  return {
    columns: schema.columns,
    notes,
    rowCount: groups.reduce((sum, { rows }) => sum + rows, 0),
    groups,
    async *batches(from = 0, to = groups.length) {
      const reader = new RowGroupReader(schema, new UnpackBudget(file.size));
      let index = from;
      try {
        for await (const stretch of readStretches(file, groups.slice(from, to))) {
          for (const group of stretch.groups) {
            yield* reader.batches(stretch.file, group);
            index++;
          }
        }
      } catch (error) {
        throw explain(`, row group ${index}`, error);
      }
    },
  };
}
