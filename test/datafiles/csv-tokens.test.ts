import { describe, expect, it } from 'vitest';
import { CsvTokens } from '../../lib/datafiles/csv-tokens.ts';
import { CASES } from './cases.ts';

/** Rows of the pieces, or that they are refused. */
function rowsOf(pieces: readonly string[], separator: string): string {
  const reader = new CsvTokens(separator, (why) => new Error(why));
  try {
    return JSON.stringify([...pieces.flatMap((piece) => [...reader.rows(piece)]), ...reader.end()]);
  } catch (error) {
    return String(error);
  }
}

describe('rows of CSV', () => {
  const files = CASES.filter(({ format, text }) => format === 'csv' && text.length < 1_000);

  it.each(files.map(({ text, options }) => [text, options?.['sep'] ?? ',']))(
    'are the same wherever the text is cut: %j',
    (text, separator) => {
      const whole = rowsOf([text], separator);
      expect(rowsOf([...text], separator)).toBe(whole);
      for (let at = 1; at < text.length; at++) {
        expect(rowsOf([text.slice(0, at), text.slice(at)], separator)).toBe(whole);
      }
    },
  );

  it('keep quotes inside of cells, and what stands behind closing ones', () => {
    expect(rowsOf(['a,5" pipe\n"x"y"z,""""\n   \n\r\n "q",'], ',')).toBe(
      JSON.stringify([
        ['a', '5" pipe'],
        ['xy"z', '"'],
        [' "q"', ''],
      ]),
    );
  });

  it('are refused where a quote does not close, naming its line', () => {
    expect(rowsOf(['a\r\nb\rc,"\n\n'], ',')).toMatch(/quote that opens in line 3 is not closed/);
  });
});
