const [QUOTE, BACKSLASH, LINE_FEED] = [0x22, 0x5c, 0x0a];
const OPENING = new Set([0x7b, 0x5b]);
const CLOSING = new Set([0x7d, 0x5d]);
const BETWEEN = new Set([0x2c, 0x3a]);

/** What a scanner stops at, outside of texts. `depth` is that of the container in which it stands; of brackets, the one around them. */
export interface Stop {
  /** `{`, `[`, `}`, `]`, `,`, `:` or, where a text ends, `"`. */
  readonly sign: string;
  readonly at: number;
  readonly depth: number;
}

/** Finds the structure of JSON in text that comes in pieces, without making values of it: where texts end and brackets stand. */
export class JsonScanner {
  #depth = 0;
  #inText = false;
  #escaped = false;
  /** The line in which the next character stands, from 1 on. */
  line = 1;

  /** Whether it is inside of a text or a container. */
  get open(): boolean {
    return this.#inText || this.#depth > 0;
  }

  /** Goes through the next piece; `line` follows. */
  *scan(piece: string): Generator<Stop> {
    for (let at = 0; at < piece.length; at++) {
      const code = piece.charCodeAt(at);
      if (code === LINE_FEED) this.line++;
      if (this.#inText) {
        if (this.#escaped) this.#escaped = false;
        else if (code === BACKSLASH) this.#escaped = true;
        else if (code === QUOTE) {
          this.#inText = false;
          yield { sign: '"', at, depth: this.#depth };
        }
        continue;
      }
      if (code === QUOTE) this.#inText = true;
      else if (OPENING.has(code)) yield { sign: piece[at] ?? '', at, depth: this.#depth++ };
      else if (CLOSING.has(code)) {
        this.#depth = Math.max(0, this.#depth - 1);
        yield { sign: piece[at] ?? '', at, depth: this.#depth };
      } else if (BETWEEN.has(code)) yield { sign: piece[at] ?? '', at, depth: this.#depth };
    }
  }
}
