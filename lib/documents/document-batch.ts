import type { Doc } from '../python/value.ts';
import { BsonWriter, fieldsToBson } from './bson-writer.ts';

/** What one command takes, below what the server does: bytes, or one document, and documents. */
const MOST_BYTES = 16 * 1024 ** 2;
const MOST_DOCUMENTS = 50_000;
/** Memory that a batch keeps for what comes next, in bytes. */
const MOST_KEPT_BYTES = 4 * 1024 ** 2;
/** Where the id's bytes lie in a document that begins with `_id`: behind its length, the type and the name. */
const ID_AT = 4 + 1 + 4;

/** Documents as one command takes them. */
export interface Piece {
  readonly bytes: Uint8Array;
  readonly count: number;
}

/** Documents of one collection as bytes of BSON, one behind the other. */
export class DocumentBatch {
  #writer = new BsonWriter();
  /** Where each document ends. */
  #ends: number[] = [];
  #doc: { readonly doc: Doc; readonly from: number; readonly to: number } | undefined;

  /** Where the next document is written: `open`, its fields, and then {@link close} of this. */
  get writer(): BsonWriter {
    return this.#writer;
  }

  /** How many documents there are. */
  get count(): number {
    return this.#ends.length;
  }

  /** In bytes. */
  get size(): number {
    return this.#ends.at(-1) ?? 0;
  }

  /** Writes the field `doc`; several instances of one document have the same. */
  doc(doc: Doc): void {
    const writer = this.#writer;
    if (this.#doc?.doc === doc) {
      writer.again(this.#doc.from, this.#doc.to);
      return;
    }
    const from = writer.length;
    writer.dict('doc', doc);
    this.#doc = { doc, from, to: writer.length };
  }

  /** Ends a document. @throws UnstorableValue */
  close(): void {
    this.#writer.close();
    this.#ends.push(this.#writer.length);
  }

  /** Adds a document as the driver would write it. @throws UnstorableValue */
  add(document: Readonly<Record<string, unknown>>): void {
    this.#writer.open();
    this.#writer.fields(fieldsToBson(document));
    this.close();
  }

  /** Takes out what was added behind so many documents, also one that is not ended. */
  cutTo(count: number): void {
    this.#ends.length = Math.min(count, this.count);
    this.#writer.length = this.size;
    this.#doc = undefined;
  }

  /** Adds the document that lies there once more, with another id. */
  again(from: number, to: number, id: Uint8Array): void {
    const writer = this.#writer;
    const at = writer.length;
    writer.again(from, to);
    writer.bytes.set(id, at + ID_AT);
    this.#ends.push(writer.length);
  }

  /** The documents, in pieces that a command takes each; good until the batch is cleared. */
  *pieces(): Generator<Piece> {
    const { bytes } = this.#writer;
    let [from, to, count] = [0, 0, 0];
    for (const end of this.#ends) {
      if (count === MOST_DOCUMENTS || (end - from > MOST_BYTES && count > 0)) {
        yield { bytes: bytes.subarray(from, to), count };
        [from, count] = [to, 0];
      }
      to = end;
      count++;
    }
    if (count > 0) yield { bytes: bytes.subarray(from, to), count };
  }

  /** Makes it empty; it keeps its memory, unless that has become large. */
  clear(): void {
    if (this.#writer.bytes.length > MOST_KEPT_BYTES) this.#writer = new BsonWriter();
    this.#writer.length = 0;
    this.#ends = [];
    this.#doc = undefined;
  }
}
