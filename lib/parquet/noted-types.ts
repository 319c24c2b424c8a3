import { messageOf } from '../errors/errors.ts';
import type { DurationUnit } from '../python/duration.ts';
import { zoneOf } from '../python/zone.ts';
import { type NotedField, readArrowNote } from './arrow-note.ts';
import type { Column, ColumnType } from './column-type.ts';
import type { Node, ParquetSchema } from './schema.ts';

const UNITS: readonly DurationUnit[] = ['s', 'ms', 'us', 'ns'];

/**
 * The schema with what the note `ARROW:schema` tells besides (`ApplyOriginalMetadata` of pyarrow): the zones of timestamps, and which
 * ints are durations. By places, not names; where the note has other columns or fields than the file, it says nothing of them.
 * @throws Error where the note can't be read, or names a zone that Python has not
 */
export function withNotedTypes(schema: ParquetSchema, note: string | undefined): ParquetSchema {
  if (note === undefined) return schema;
  let fields: NotedField[] | undefined;
  try {
    fields = readArrowNote(note, schema.columns.length);
  } catch (cause) {
    throw new Error(`the note ARROW:schema in its footer can't be read: ${messageOf(cause)}`, { cause });
  }
  if (fields === undefined) return schema;
  const noted = new Noted(schema);
  const columns = schema.columns.map((column, index) => noted.column(column, schema.nodes[index], fields[index]));
  return { ...schema, columns, leaves: noted.leaves };
}

class Noted {
  readonly leaves: ParquetSchema['leaves'];

  constructor({ leaves }: ParquetSchema) {
    this.leaves = leaves.map((leaf) => ({ ...leaf }));
  }

  column({ name, type }: Column, node: Node | undefined, field: NotedField | undefined): Column {
    try {
      return { name, type: this.#type(type, node, field) };
    } catch (cause) {
      const message = `the type of the column ${JSON.stringify(name)} in the note ARROW:schema can't be used: ${messageOf(cause)}`;
      throw new Error(message, { cause });
    }
  }

  #type(type: ColumnType, node: Node | undefined, field: NotedField | undefined): ColumnType {
    if (node === undefined || field === undefined) return type;
    if (node.kind === 'leaf') {
      const leaf = this.leaves[node.leaf];
      const own = leafTypeOf(type, field);
      if (leaf !== undefined) leaf.type = own;
      return own;
    }
    if (type.kind !== node.kind || field.kind !== node.kind) return type;
    switch (type.kind) {
      case 'list': {
        const [item] = field.children(1) ?? [];
        return { ...type, item: this.#type(type.item, below(node, 0), item) };
      }
      case 'map': {
        const [entry] = field.children(1) ?? [];
        const [key, value] = (entry?.kind === 'struct' ? entry.children(2) : undefined) ?? [];
        return {
          ...type,
          key: this.#type(type.key, below(node, 0), key),
          value: this.#type(type.value, below(node, 1), value),
        };
      }
      case 'struct': {
        const fields = field.children(type.fields.length);
        const own = ({ name, type: inner }: Column, index: number) => ({
          name,
          type: this.#type(inner, below(node, index), fields?.[index]),
        });
        return { ...type, fields: type.fields.map(own) };
      }
      default:
        return type;
    }
  }
}

function below(node: Exclude<Node, { kind: 'leaf' }>, index: number): Node | undefined {
  if (node.kind === 'struct') return node.fields[index];
  if (node.kind === 'list') return node.item;
  return index === 0 ? node.key : node.value;
}

function leafTypeOf(type: ColumnType, field: NotedField): ColumnType {
  if (type.kind === 'timestamp' && type.utc && field.kind === 'timestamp') {
    const zone = field.zone();
    if (zone === '' || zone === 'UTC') return type;
    zoneOf(zone);
    return { ...type, zone };
  }
  if (type.kind === 'int' && type.bits === 64 && type.signed && field.kind === 'duration') {
    const unit = UNITS[field.unit()];
    if (unit === undefined) throw new Error('there is no such unit of time');
    return { kind: 'duration', unit };
  }
  return type;
}
