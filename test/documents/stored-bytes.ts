import { BSON } from 'mongodb';

/** BSON's names of its types, by their numbers. */
const TYPES: Readonly<Record<number, string>> = {
  1: 'double',
  2: 'string',
  3: 'object',
  4: 'array',
  7: 'objectId',
  8: 'bool',
  9: 'date',
  10: 'null',
  16: 'int',
  18: 'long',
};

/** One field as it lies in the bytes. */
export interface StoredField {
  readonly path: string;
  readonly type: string;
}

/** All fields of a BSON document in their order, inner ones behind their parent: what no driver has changed yet. */
export function fieldsOf(bytes: Uint8Array, parent = ''): StoredField[] {
  return [...BSON.onDemand.parseToElements(bytes)].flatMap(([number, nameAt, nameLength, at, length]) => {
    const name = Buffer.from(bytes.subarray(nameAt, nameAt + nameLength)).toString();
    const path = parent === '' ? name : `${parent}.${name}`;
    const type = TYPES[number] ?? String(number);
    const inner = type === 'object' || type === 'array' ? fieldsOf(bytes.subarray(at, at + length), path) : [];
    return [{ path, type }, ...inner];
  });
}
