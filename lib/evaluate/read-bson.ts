import { isUtf8 } from 'node:buffer';
import { pyBytes, pyDatetime } from '../python/opaque.ts';
import { PyOpaque, type PyValue } from '../python/value.ts';

/** Text of a stored document that is no UTF-8: what it reads as, with U+FFFD for what can't be read. */
export class BrokenText extends PyOpaque {}

/**
 * A document as MongoDB sends it, as Python's values: ints and floats stay apart, keys keep their order, and text that is
 * no UTF-8 is reported rather than repaired. Dates are naive, as the Python driver gives them.
 * @throws RangeError for a kind of value that none of the documents read here has
 */
export function readBson(bytes: Uint8Array): Map<string, PyValue> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return new BsonReader(buffer).dict();
}

class BsonReader {
  readonly #buffer: Buffer;
  #at = 0;

  constructor(buffer: Buffer) {
    this.#buffer = buffer;
  }

  dict(): Map<string, PyValue> {
    const dict = new Map<string, PyValue>();
    this.#elements((key, value) => dict.set(key, value));
    return dict;
  }

  #list(): PyValue[] {
    const list: PyValue[] = [];
    this.#elements((_, value) => list.push(value));
    return list;
  }

  #elements(add: (key: string, value: PyValue) => void): void {
    this.#at += 4;
    for (;;) {
      const type = this.#buffer.readUInt8(this.#at++);
      if (type === 0) return;
      const end = this.#buffer.indexOf(0, this.#at);
      const key = this.#buffer.toString('utf8', this.#at, end);
      this.#at = end + 1;
      add(key, this.#value(type, key));
    }
  }

  #value(type: number, key: string): PyValue {
    switch (type) {
      case 0x01:
        return this.#buffer.readDoubleLE(this.#skip(8));
      case 0x02:
        return this.#text();
      case 0x03:
        return new Map<PyValue, PyValue>(this.dict());
      case 0x04:
        return this.#list();
      case 0x05: {
        const length = this.#buffer.readInt32LE(this.#skip(5));
        const start = this.#skip(length);
        return pyBytes(this.#buffer.subarray(start, start + length));
      }
      case 0x07: {
        const start = this.#skip(12);
        const hex = this.#buffer.toString('hex', start, start + 12);
        return new PyOpaque(hex, `ObjectId('${hex}')`, undefined);
      }
      case 0x08:
        return this.#buffer.readUInt8(this.#skip(1)) === 1;
      case 0x09:
        return pyDatetime(this.#buffer.readBigInt64LE(this.#skip(8)) * 1000n);
      case 0x0a:
        return null;
      case 0x10:
        return BigInt(this.#buffer.readInt32LE(this.#skip(4)));
      case 0x12:
        return this.#buffer.readBigInt64LE(this.#skip(8));
      default:
        throw new RangeError(`field ${key} holds a value of BSON type ${type}`);
    }
  }

  #text(): PyValue {
    const length = this.#buffer.readInt32LE(this.#skip(4));
    const start = this.#skip(length);
    const text = this.#buffer.toString('utf8', start, start + length - 1);
    // Only text with U+FFFD in it can have been mended.
    if (!text.includes('\ufffd') || isUtf8(this.#buffer.subarray(start, start + length - 1))) return text;
    return new BrokenText(text, 'text that is no UTF-8', undefined);
  }

  #skip(bytes: number): number {
    const start = this.#at;
    this.#at += bytes;
    return start;
  }
}
