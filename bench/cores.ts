import { availableParallelism } from 'node:os';
import { readCpu } from './processes.ts';

/** Processor time in milliseconds of what writes documents. */
export interface WritersCpu {
  readonly node: number;
  readonly mongodb: number;
  readonly postgres: number;
}

/** Does some work and tells what the servers of the stack used meanwhile. */
export async function withServers<T>(
  work: () => T | Promise<T>,
): Promise<{ readonly result: T; readonly mongodb: number; readonly postgres: number }> {
  const before = readCpu(process.env);
  const result = await work();
  const after = readCpu(process.env);
  const used = (role: string) => (after.get(role) ?? 0) - (before.get(role) ?? 0);
  return { result, mongodb: used('mongodb'), postgres: used('postgres') };
}

/**
 * The floor of work that one process and the servers do on the cores of one machine, in milliseconds: the process has one core at a
 * time, and all of them together no more than there are.
 */
export function leastWall({ node, mongodb, postgres }: WritersCpu): number {
  return Math.max(node, (node + mongodb + postgres) / availableParallelism());
}

/** Who used what, and the floor that follows, in words. */
export function floorLine(used: WritersCpu): string {
  const ms = (value: number) => value.toFixed(0);
  return (
    `of CPU this took ${ms(used.node)} ms in node, ${ms(used.mongodb)} in MongoDB and ${ms(used.postgres)} in Postgres: ` +
    `${availableParallelism()} cores, never idle, need ${ms(leastWall(used))} ms`
  );
}
