import type { ObjectSource } from '../bucket/object-source.ts';
import type { PartLimits } from '../config/limits.ts';
import type { OpenDataset } from '../datasets/open-dataset.ts';
import { type RowFilter, rowFilterFor } from '../datasets/row-filter.ts';
import type { StoredDataset } from '../datasets/stored-dataset.ts';
import type { Logger } from '../log/log.ts';
import { type TableDescription, tableName } from '../tables/table.ts';
import type { Pool } from '../tables/transaction.ts';
import type { SplitRange } from './copy-rows.ts';
import type { PartSender } from './send-parts.ts';

/** A data set to be registered for a task. */
export interface RegisterRequest {
  readonly sql: Pool;
  readonly source: ObjectSource;
  readonly datasetPath: string;
  readonly datasetName: string | null;
  /** The task that reads it; it decides about the row filter (row-filter.ts). */
  readonly taskName: string;
  readonly log: Pick<Logger, 'info' | 'warn'>;
  /** The split that the task asks about; a data set that is staged without it is refused. */
  readonly split?: string | null | undefined;
  /** The split that its few-shot examples are drawn from; the same holds. */
  readonly examples?: string | null | undefined;
  /** From which size on a data set is loaded in parts, and who sends those; without it all are loaded at once. */
  readonly inParts?: InParts | undefined;
}

/** How large data sets are loaded. */
export interface InParts {
  readonly limits: PartLimits;
  readonly sender: PartSender;
}

/** A request with what follows from it. */
export interface Registration extends RegisterRequest {
  readonly table: string;
  /** Which rows the task wants in it; all where undefined. */
  readonly filter: RowFilter | undefined;
}

/** A data set that is to be loaded, as far as it is known before the first row is read. */
export interface DatasetToLoad {
  readonly stored: StoredDataset;
  readonly dataset: OpenDataset;
  /** What the table will say about itself, but for its splits. */
  readonly description: Omit<TableDescription, 'splits'>;
}

/** What a register came to. */
export interface RegisterResult {
  readonly table: string;
  /**
   * `loaded`: the table was made now; `replaced`: it was rebuilt from another version of the data set; `joined`: it was
   * there, the task is new; `known`: there was nothing to do; `loading`: it is made by further messages, which are sent.
   */
  readonly outcome: 'loaded' | 'replaced' | 'joined' | 'known' | 'loading';
  /** The splits as loaded; empty unless loaded now. */
  readonly splits: readonly SplitRange[];
}

/** Works out table and row filter. @throws PermanentError BadTaskDefinition where there can't be such a table */
export function registrationOf(request: RegisterRequest): Registration {
  const table = tableName(request.datasetPath, request.datasetName);
  return { ...request, table, filter: rowFilterFor(request.taskName) };
}
