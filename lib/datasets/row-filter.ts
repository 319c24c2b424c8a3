import type { PyValue } from '../python/value.ts';

/** Which rows of a data set its table holds. Part of the table's description: tables with another one are another thing. */
export interface RowFilter {
  readonly name: string;
  /** The column that decides. */
  readonly column: string;
  keeps(split: string, value: PyValue): boolean;
}

const LEVEL_5_TESTS: RowFilter = {
  name: 'leaderboard_math',
  column: 'level',
  keeps: (split, level) => split !== 'test' || level === 'Level 5',
};

/**
 * The filter that a task's data set goes through when it is registered (TABLE-7): the test split of the leaderboard_math tasks
 * holds Level 5 problems only, so that positions match what is left after the task's own filter. All other tasks: none.
 */
export function rowFilterFor(taskName: string): RowFilter | undefined {
  return taskName.includes('leaderboard_math') ? LEVEL_5_TESTS : undefined;
}
