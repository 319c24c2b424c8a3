import * as z from 'zod';
import type { ColumnType } from '../parquet/column-type.ts';
import type { PyValue } from '../python/value.ts';

/** Names of the classes of columns that hold the number of a class, by column. */
export type ClassNames = ReadonlyMap<string, readonly string[]>;

/** A column's type as the runtime spells it (sampler_box/arrow.py); null where it has to look at the values. */
export function spelled(type: ColumnType, classes?: readonly string[]): PyValue {
  if (classes !== undefined && type.kind === 'int') return ['class', [...classes]];
  switch (type.kind) {
    case 'int':
      return `${type.signed ? '' : 'u'}int${type.bits}`;
    case 'float':
      return `float${type.bits ?? 64}`;
    case 'bool':
    case 'string':
    case 'null':
      return type.kind;
    case 'bytes':
      return 'binary';
    case 'date':
      return 'date32[day]';
    case 'time':
      return 'time64[us]';
    case 'timestamp':
      return type.utc || type.nanos ? null : 'timestamp[us]';
    case 'decimal':
      return ['decimal', BigInt(type.precision), BigInt(type.scale)];
    case 'list': {
      const item = spelled(type.item);
      return item === null ? null : ['list', item];
    }
    case 'struct': {
      const fields = type.fields.map((field): [string, PyValue] => [field.name, spelled(field.type)]);
      return fields.some(([, field]) => field === null) ? null : ['struct', fields];
    }
    default:
      return null;
  }
}

const note = z.object({
  info: z.object({
    features: z.record(z.string(), z.unknown()),
  }),
});
const classLabel = z.object({ _type: z.literal('ClassLabel'), names: z.array(z.string()) });

/** The classes that a parquet file's note `huggingface` names. A note that can't be read names none. */
export function classNames(text: string | undefined): ClassNames {
  const found = new Map<string, readonly string[]>();
  if (text === undefined) return found;
  let parsed: z.output<typeof note>;
  try {
    parsed = note.parse(JSON.parse(text));
  } catch {
    return found;
  }
  for (const [name, feature] of Object.entries(parsed.info.features)) {
    const label = classLabel.safeParse(feature);
    if (label.success) found.set(name, label.data.names);
  }
  return found;
}
