import type { PartLimits } from '../config/limits.ts';
import type { OpenDataset } from '../datasets/open-dataset.ts';

/** One message's share of a load: row groups of a file, or a file to be checked against its hash. `file` is a number. */
export type Part =
  | { kind: 'hash'; file: number }
  | { kind: 'rows'; file: number; from: number; to: number; first: number; rows: number };

/** Whether a data set is too large to be loaded by one message. */
export function needsParts({ splits }: OpenDataset, limits: PartLimits): boolean {
  const groups = splits.flatMap(({ files }) => files).flatMap(({ parquet }) => parquet.groups);
  const rows = groups.reduce((sum, group) => sum + group.rows, 0);
  const bytes = groups.reduce((sum, group) => sum + group.bytes, 0);
  return rows > limits.rows || bytes > limits.bytes;
}

/**
 * Cuts a data set into parts; a row group is never cut, so one above the limits is a part of its own. The footers give the rows of each row group, hence the first `__id` of each part. Files are
 * numbered through all splits.
 */
export function planParts({ splits }: OpenDataset, limits: PartLimits): Part[] {
  const parts: Part[] = [];
  let first = 0;
  for (const [file, { bytes, parquet }] of splits.flatMap(({ files }) => files).entries()) {
    if (!bytes.verified) parts.push({ kind: 'hash', file });
    let [from, rows, size] = [0, 0, 0];
    const cut = (to: number) => {
      if (rows > 0) parts.push({ kind: 'rows', file, from, to, first, rows });
      first += rows;
      [from, rows, size] = [to, 0, 0];
    };
    for (const [index, group] of parquet.groups.entries()) {
      if (rows + group.rows > limits.rows || size + group.bytes > limits.bytes) cut(index);
      rows += group.rows;
      size += group.bytes;
    }
    cut(parquet.groups.length);
  }
  return parts;
}
