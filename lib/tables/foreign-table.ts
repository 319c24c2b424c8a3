import { PermanentError } from '../errors/errors.ts';
import type { ColumnType } from '../parquet/column-type.ts';
import { literalEval } from '../python/literal.ts';
import type { PyValue } from '../python/value.ts';
import { parseCell, postgresType, selectExpression } from './cell.ts';
import { askLimited } from './limited.ts';
import type { Asking } from './registry.ts';
import { quoteName, type TableDescription } from './table.ts';

/** How the Python service marks text that stands for a list of lists: what follows is a Python literal. */
const NESTED = '_._:_NESTED//';

/** The expression that asks for a column of another program's table. Arrays that {@link parseForeign} can't take apart come as JSON. */
export function foreignExpression(type: ColumnType, column: string): string {
  const json = type.kind === 'list' && postgresType(type) === 'JSON';
  return json ? `to_json(${column})` : selectExpression(type, column);
}

/** As parseCell, and takes what the Python service marked as nested for what it means. */
export function parseForeign(type: ColumnType): (text: string) => PyValue {
  const parse = parseCell(type);
  if (type.kind !== 'string') return parse;
  return (text) => (text.startsWith(NESTED) ? parseNested(text.slice(NESTED.length)) : text);
}

function parseNested(literal: string): PyValue {
  try {
    return literalEval(literal);
  } catch (cause) {
    const message = `a cell that begins with ${NESTED} holds no Python literal; the table was made by another program. Drop it and its rows in task_registry, and register its tasks again.`;
    throw new PermanentError('DatasetInvalid', message, { cause });
  }
}

/** Postgres' types in tables that another program made, and what their values are in Python. JSON is read as it is. */
const TYPES: Readonly<Record<string, ColumnType>> = {
  int2: { kind: 'int', bits: 16, signed: true },
  int4: { kind: 'int', bits: 32, signed: true },
  int8: { kind: 'int', bits: 64, signed: true },
  float4: { kind: 'float' },
  float8: { kind: 'float' },
  bool: { kind: 'bool' },
  text: { kind: 'string' },
  varchar: { kind: 'string' },
  date: { kind: 'date' },
  time: { kind: 'time' },
  timestamp: { kind: 'timestamp', nanos: false, utc: false },
  timestamptz: { kind: 'timestamp', nanos: false, utc: true },
  bytea: { kind: 'bytes' },
  uuid: { kind: 'uuid' },
};

/**
 * What can be said of a data set's table that has no description because another program made it: the columns as Postgres
 * knows them, and the splits by counting.
 * @throws PermanentError DatasetInvalid where the splits have gaps, or a column a type that no data set has
 */
export async function foreignDescription(
  sql: Asking,
  table: string,
): Promise<Pick<TableDescription, 'columns' | 'splits'>> {
  const refuse = (problem: string) =>
    new PermanentError(
      'DatasetInvalid',
      `table ${JSON.stringify(table)} was made by another program and can't be used: ${problem}. ` +
        'Drop it and its rows in task_registry, and register its tasks again.',
      { context: { table } },
    );
  const attributes = await sql`
    SELECT attname::text AS name, t.typname::text AS type FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
    WHERE attrelid = to_regclass(quote_ident(${table}::text)) AND attnum > 0 AND NOT attisdropped ORDER BY attnum`;
  const columns = attributes
    .map((row) => ({ name: String(row['name']), type: String(row['type']) }))
    .filter(({ name }) => name !== '__id' && name !== '__split')
    .map(({ name, type }) => {
      const known = typeOf(type);
      if (known === undefined) throw refuse(`its column ${JSON.stringify(name)} has the type ${type}`);
      return { name, column: name, type: known };
    });
  const ranges = await askLimited(
    sql,
    `SELECT "__split" AS split, min("__id")::int AS min, max("__id")::int AS max, count(*)::int AS count
     FROM ${quoteName(table)} GROUP BY 1 ORDER BY 2`,
  );
  const splits = ranges.map((row) => {
    const { split, min, max, count } = row;
    if (max - min + 1 !== count) throw refuse(`the ids of split ${split} have gaps`);
    return { split: String(split), first: Number(min), count: Number(count) };
  });
  return { columns, splits };
}

function typeOf(name: string): ColumnType | undefined {
  if (name === 'json' || name === 'jsonb') return { kind: 'json' };
  // In arrays, moments depend on the connection's zone, and bytes on its settings.
  if (name === '_timestamptz' || name === '_bytea') return undefined;
  const item = name.startsWith('_') ? typeOf(name.slice(1)) : TYPES[name];
  return name.startsWith('_') && item ? { kind: 'list', item } : item;
}
