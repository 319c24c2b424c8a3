import { PermanentError, SamplerError } from '../errors/errors.ts';
import type { PyValue } from '../python/value.ts';
import { UnpackBudget } from './budget.ts';
import type { Column } from './column-type.ts';
import { type Metadata, readMetadata } from './metadata.ts';
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

/** Magic bytes at both ends, and the footer's length. */
const FRAME_BYTES = 12;
const MAGIC = 'PAR1';
/** Read in one go from the end of a file; most footers are shorter. */
const FIRST_BYTES = 64 * 1024;
/** A footer takes some ten times its length in memory once it is read. Those of the hub's files have kilobytes. */
const MAX_FOOTER_BYTES = 32 * 1024 ** 2;

/**
 * Reads a parquet file's footer.
 * @throws Error telling what the file is instead, or what is wrong with it
 */
async function readFooter(file: FileBytes): Promise<Metadata> {
  if (file.size === 0) throw new Error('it is empty');
  const head = Buffer.from(await file.read(0, Math.min(file.size, 64))).toString('latin1');
  if (!head.startsWith(MAGIC)) throw new Error(otherKind(head));
  if (file.size < FRAME_BYTES) throw new Error(`${file.size} bytes are too few for a parquet file`);
  const tailStart = Math.max(0, file.size - FIRST_BYTES);
  const tail = Buffer.from(await file.read(tailStart, file.size));
  const magic = tail.toString('latin1', tail.length - 4);
  if (magic === 'PARE') throw new Error(ENCRYPTED);
  if (magic !== MAGIC) throw new Error('it does not end in PAR1, so its end is missing: it was cut off');
  const length = tail.readUInt32LE(tail.length - 8);
  if (length === 0 || length > file.size - FRAME_BYTES) {
    throw new Error(`its footer claims to be ${length} bytes long, in a file of ${file.size}`);
  }
  if (length > MAX_FOOTER_BYTES) {
    throw new Error(`its footer is ${length} bytes long, where ${MAX_FOOTER_BYTES} are the most that is read`);
  }
  const start = file.size - 8 - length;
  const held = start >= tailStart ? tail.subarray(start - tailStart, -8) : await file.read(start, file.size - 8);
  return readMetadata(held, start);
}

const ENCRYPTED = 'it is encrypted, and there is no key to read it with';

function otherKind(head: string): string {
  if (head.startsWith('PARE')) return ENCRYPTED;
  if (head.startsWith('version https://git-lfs')) {
    return 'it is a pointer of Git LFS and not the file itself (get the files with: git lfs pull)';
  }
  if (/^\s*</.test(head)) return 'it is an HTML or XML page, as servers send them with an error';
  if (/^\s*[[{]/.test(head)) return 'it is JSON';
  return 'it does not begin with PAR1, so it is no parquet file';
}
