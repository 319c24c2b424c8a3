const [QUOTE, LINE_FEED, RETURN, BLANK, TAB] = [0x22, 0x0a, 0x0d, 0x20, 0x09];

/** Characters and cells that one row may have: it is held as a whole. */
const MAX_ROW = 64 << 20;
const MAX_CELLS = 10_000;

/** Where in a row a reader stands: before anything of it, in blanks that begin it, at a cell's start, in a cell, in quotes, behind them. */
type State = 'row' | 'blanks' | 'cell' | 'plain' | 'quoted' | 'behind';

/**
 * Cuts CSV that comes in pieces into rows of cells by the rules of pandas' reader, which `datasets` reads CSV with: a quote inside of a
 * cell is one of its characters, what stands behind a closing quote belongs to the cell; line feeds, carriage returns or both end a row;
 * lines of nothing but blanks are none.
 */
export class CsvTokens {
  readonly #separator: number;
  readonly #refuse: (why: string) => Error;
  #state: State = 'row';
  #cells: string[] = [];
  #cell = '';
  #chars = 0;
  #line = 1;
  #opened = 1;
  #afterReturn = false;

  /** @param refuse makes the error of what is wrong, given as the end of a sentence about the file */
  constructor(separator: string, refuse: (why: string) => Error) {
    this.#separator = separator.charCodeAt(0);
    this.#refuse = refuse;
  }

  /** The rows that end in the next piece. @throws what `refuse` makes, for a row that is too long */
  *rows(piece: string): Generator<readonly string[]> {
    // Characters of the cell that are not in it yet begin here.
    let from = 0;
    for (let at = 0; at < piece.length; at++) {
      const code = piece.charCodeAt(at);
      this.#countLine(code);
      if (this.#state === 'quoted' ? code !== QUOTE : this.#isWithin(code)) continue;
      if (code === QUOTE && this.#state !== 'blanks') {
        if (this.#state !== 'behind') this.#cell += piece.slice(from, at);
        // Of two quotes the second one is a character.
        from = this.#state === 'behind' ? at : at + 1;
        this.#turn();
      } else if (code === this.#separator || code === LINE_FEED || code === RETURN) {
        if (this.#state === 'row') from = at;
        this.#cell += piece.slice(from, at);
        from = at + 1;
        if (code === this.#separator) this.#endCell();
        else if (this.#endsRow()) yield this.#take();
      } else {
        if (this.#state === 'row') from = at;
        this.#state = this.#state === 'row' && this.#isBlank(code) ? 'blanks' : 'plain';
      }
    }
    if (this.#state !== 'row') this.#cell += piece.slice(from);
    this.#chars += piece.length;
    if (this.#chars > MAX_ROW && this.#length() > MAX_ROW) {
      throw this.#refuse(`the row that line ${this.#line} belongs to has more than ${MAX_ROW} characters`);
    }
  }

  /** The last row, where no line break ends it. @throws what `refuse` makes, where a quote does not close */
  *end(): Generator<readonly string[]> {
    if (this.#state === 'quoted') throw this.#refuse(`the quote that opens in line ${this.#opened} is not closed`);
    if (this.#endsRow()) yield this.#take();
  }

  #countLine(code: number): void {
    if (code === RETURN || (code === LINE_FEED && !this.#afterReturn)) this.#line++;
    this.#afterReturn = code === RETURN;
  }

  /** Whether a character changes nothing outside of quotes. */
  #isWithin(code: number): boolean {
    if (code === this.#separator || code === LINE_FEED || code === RETURN) return false;
    if (this.#state === 'plain') return true;
    return this.#state === 'blanks' && this.#isBlank(code);
  }

  #isBlank(code: number): boolean {
    return code !== this.#separator && (code === BLANK || code === TAB);
  }

  /** At a quote that is none of a cell's characters. */
  #turn(): void {
    if (this.#state === 'row' || this.#state === 'cell') this.#opened = this.#line;
    this.#state = this.#state === 'quoted' ? 'behind' : 'quoted';
  }

  #endCell(): void {
    this.#cells.push(this.#cell);
    if (this.#cells.length >= MAX_CELLS) throw this.#refuse(`line ${this.#line} has more than ${MAX_CELLS} columns`);
    this.#cell = '';
    this.#state = 'cell';
  }

  /** Whether a row stands before a line's end; of none, what there was is forgotten. */
  #endsRow(): boolean {
    const any = this.#state !== 'row' && this.#state !== 'blanks';
    if (!any) this.#take();
    return any;
  }

  #take(): readonly string[] {
    const cells = this.#cells;
    cells.push(this.#cell);
    this.#cells = [];
    this.#cell = '';
    this.#chars = 0;
    this.#state = 'row';
    return cells;
  }

  #length(): number {
    return this.#cells.reduce((sum, { length }) => sum + length, this.#cell.length);
  }
}
