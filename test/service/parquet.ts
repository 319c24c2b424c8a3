import type { SchemaElement } from 'hyparquet';
import { parquetWriteBuffer } from 'hyparquet-writer';

/** A value of a column. All values of a column are of one kind, wherever they are no null. */
export type Cell = string | number | boolean | null | readonly Cell[] | Row;
/** A row: its cells by column. */
export interface Row {
  readonly [column: string]: Cell;
}

/**
 * A parquet file of rows: texts, truth values, whole numbers (64 bits), decimals where a column has one, lists and structs of
 * these. A column's kind is that of its values.
 * @param classes columns that hold the number of a class, with the classes' names: told in the note that `datasets` would write
 */
export function parquetOf(
  rows: readonly Row[],
  classes: Readonly<Record<string, readonly string[]>> = {},
): Uint8Array<ArrayBuffer> {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const columns = names.map((name) => {
    const cells = rows.map((row) => row[name] ?? null);
    return { name, cells, kind: kindOf(cells) };
  });
  const features = Object.fromEntries(
    columns.map(({ name, kind }) => [
      name,
      classes[name] === undefined ? featureOf(kind) : { names: classes[name], _type: 'ClassLabel' },
    ]),
  );
  const noted = Object.keys(classes).length > 0;
  return new Uint8Array(
    parquetWriteBuffer({
      columnData: columns.map(({ name, cells, kind }) => ({ name, data: cells.map((cell) => written(cell, kind)) })),
      schema: [
        { name: 'root', num_children: columns.length },
        ...columns.flatMap(({ name, kind }) => schemaOf(name, kind)),
      ],
      ...(noted ? { kvMetadata: [{ key: 'huggingface', value: JSON.stringify({ info: { features } }) }] } : {}),
    }),
  );
}

type Kind =
  | { readonly kind: 'text' | 'whole' | 'decimal' | 'truth' | 'null' }
  | { readonly kind: 'list'; readonly item: Kind }
  | { readonly kind: 'struct'; readonly fields: readonly (readonly [string, Kind])[] };

function kindOf(cells: readonly Cell[]): Kind {
  const there = cells.filter((cell) => cell !== null);
  const [first] = there;
  if (first === undefined) return { kind: 'null' };
  if (typeof first === 'string') return { kind: 'text' };
  if (typeof first === 'boolean') return { kind: 'truth' };
  if (typeof first === 'number') return { kind: there.every(Number.isInteger) ? 'whole' : 'decimal' };
  if (isList(first)) return { kind: 'list', item: kindOf(there.flatMap((cell) => (isList(cell) ? cell : []))) };
  const structs = there.filter((cell) => isRow(cell));
  const names = [...new Set(structs.flatMap((struct) => Object.keys(struct)))];
  const fields = names.map((name) => [name, kindOf(structs.map((struct) => struct[name] ?? null))] as const);
  return { kind: 'struct', fields };
}

function isList(cell: Cell): cell is readonly Cell[] {
  return Array.isArray(cell);
}

function isRow(cell: Cell): cell is Row {
  return typeof cell === 'object' && cell !== null && !isList(cell);
}

function schemaOf(name: string, kind: Kind): SchemaElement[] {
  const optional = { name, repetition_type: 'OPTIONAL' } as const;
  switch (kind.kind) {
    case 'text':
    case 'null':
      return [{ ...optional, type: 'BYTE_ARRAY', converted_type: 'UTF8' }];
    case 'whole':
      return [{ ...optional, type: 'INT64' }];
    case 'decimal':
      return [{ ...optional, type: 'DOUBLE' }];
    case 'truth':
      return [{ ...optional, type: 'BOOLEAN' }];
    case 'list':
      return [
        { ...optional, num_children: 1, converted_type: 'LIST' },
        { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
        ...schemaOf('element', kind.item),
      ];
    case 'struct':
      return [
        { ...optional, num_children: kind.fields.length },
        ...kind.fields.flatMap(([field, of]) => schemaOf(field, of)),
      ];
  }
}

/** The value as the writer wants it. */
function written(cell: Cell, kind: Kind): unknown {
  if (cell === null) return null;
  if (kind.kind === 'whole') return BigInt(Number(cell));
  if (kind.kind === 'list' && isList(cell)) return cell.map((item) => written(item, kind.item));
  if (kind.kind === 'struct' && isRow(cell)) {
    return Object.fromEntries(kind.fields.map(([name, of]) => [name, written(cell[name] ?? null, of)]));
  }
  return cell;
}

function featureOf(kind: Kind): unknown {
  const names = { text: 'string', null: 'string', whole: 'int64', decimal: 'float64', truth: 'bool' } as const;
  if (kind.kind === 'list') return { feature: featureOf(kind.item), _type: 'Sequence' };
  if (kind.kind === 'struct') return Object.fromEntries(kind.fields.map(([name, of]) => [name, featureOf(of)]));
  return { dtype: names[kind.kind], _type: 'Value' };
}
