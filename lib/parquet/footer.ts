import { parquetMetadataAsync } from 'hyparquet';
import type { FileMetaData } from 'hyparquet/src/types.js';
import type { FileBytes } from './pages.ts';

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
export async function readFooter(file: FileBytes): Promise<FileMetaData> {
  if (file.size === 0) throw new Error('it is empty');
  const head = Buffer.from(await file.read(0, Math.min(file.size, 64))).toString('latin1');
  if (!head.startsWith(MAGIC)) throw new Error(otherKind(head));
  if (file.size < FRAME_BYTES) throw new Error(`${file.size} bytes are too few for a parquet file`);
  const end = Buffer.from(await file.read(file.size - 8, file.size));
  const magic = end.toString('latin1', 4);
  if (magic === 'PARE') throw new Error(ENCRYPTED);
  if (magic !== MAGIC) throw new Error('it does not end in PAR1, so its end is missing: it was cut off');
  const length = end.readUInt32LE(0);
  if (length === 0 || length > file.size - FRAME_BYTES) {
    throw new Error(`its footer claims to be ${length} bytes long, in a file of ${file.size}`);
  }
  if (length > MAX_FOOTER_BYTES) {
    throw new Error(`its footer is ${length} bytes long, where ${MAX_FOOTER_BYTES} are the most that is read`);
  }
  // A copy: what was read may be a part of a longer buffer.
  const slice = async (start: number, until = file.size) => (await file.read(start, until)).slice().buffer;
  const source = { byteLength: file.size, slice };
  const metadata = await parquetMetadataAsync(source, { geoparquet: false, initialFetchSize: FIRST_BYTES });
  const counted = metadata.row_groups.reduce((sum, group) => sum + group.num_rows, 0n);
  if (counted !== metadata.num_rows) throw new Error(`it has ${counted} rows but says ${metadata.num_rows}`);
  return metadata;
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
