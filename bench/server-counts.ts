import * as z from 'zod';
import type { BenchServices } from './services.ts';

/** Servers bring their counters up to date within this time. */
export const COUNTED_MS = 11_000;
const KNOWN = ['find', 'insert', 'update', 'delete', 'findAndModify', 'aggregate', 'commitTransaction', 'bulkWrite'];
const counted = z.record(z.string(), z.object({ total: z.coerce.number() }).or(z.unknown()));

/** How often each command was sent to MongoDB and statement to Postgres so far. */
export interface ServerCounts {
  readonly commands: ReadonlyMap<string, number>;
  readonly statements: number;
}

/** Reads what the servers count of themselves. */
export async function readCounts({ mongo, sql }: BenchServices): Promise<ServerCounts> {
  const { metrics } = await mongo.db('admin').command({ serverStatus: 1 });
  const commands = new Map(
    Object.entries(counted.parse(metrics.commands)).flatMap(([name, about]) =>
      KNOWN.includes(name) && typeof about === 'object' && about !== null && 'total' in about
        ? [[name, Number(about.total)] as const]
        : [],
    ),
  );
  const [row] = await sql`SELECT xact_commit AS count FROM pg_stat_database WHERE datname = current_database()`;
  return { commands, statements: Number(row?.['count'] ?? 0) };
}

/** What was sent between two readings, for each of so many requests; what is seldom sent is left out. */
export function describeCounts(before: ServerCounts, after: ServerCounts, requests: number): [string, string] {
  const sent = [...after.commands]
    .map(([command, count]) => [command, (count - (before.commands.get(command) ?? 0)) / requests] as const)
    .filter(([, count]) => count > 0.05)
    .map(([command, count]) => `${command} ${count.toFixed(1)}`);
  return [sent.join(', '), `${((after.statements - before.statements) / requests).toFixed(1)} statements`];
}
