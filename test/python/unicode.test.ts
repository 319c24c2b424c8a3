import { afterAll, describe, expect, it } from 'vitest';
import * as ours from '../../lib/python/text.ts';
import { Python, pythonUnicode } from '../helpers/python.ts';

/** Lists the code points, in hexadecimal, where two tables of all code points differ. */
function differences(theirs: string, test: (character: string) => boolean): string[] {
  const result: string[] = [];
  for (let code = 0; code <= 0x10ffff; code++) {
    if ((theirs.charCodeAt(code) === 49) !== test(String.fromCodePoint(code))) result.push(code.toString(16));
  }
  return result;
}

describe.skipIf(pythonUnicode !== '14.0.0')('every code point, compared with a Python of Unicode 14 (3.11)', () => {
  const python = new Python(`
def table(method):
    return ''.join('1' if getattr(chr(c), method)() else '0' for c in range(0x110000))
def mapped(method):
    return [[c, r] for c in range(0x110000) for r in [getattr(chr(c), method)()] if r != chr(c)]
`);
  afterAll(() => python.close());

  it.each([
    ['isprintable', ours.isprintable],
    ['isdigit', ours.isdigit],
    ['isdecimal', ours.isdecimal],
    ['isnumeric', ours.isnumeric],
    ['isspace', ours.isspace],
    ['isalpha', ours.isalpha],
    ['isalnum', ours.isalnum],
    ['isupper', ours.isupper],
    ['islower', ours.islower],
    ['istitle', ours.istitle],
  ])('%s', async (method, test) => {
    const [theirs] = await python.values('table', [[method]]);
    expect(differences(String(theirs), test)).toEqual([]);
  });

  it.each([
    ['upper', ours.upper],
    ['lower', ours.lower],
    ['capitalize', ours.capitalize],
    ['title', ours.title],
    ['swapcase', ours.swapcase],
  ])('%s', async (method, map) => {
    const [theirs] = await python.values('mapped', [[method]]);
    const mine: [bigint, string][] = [];
    for (let code = 0; code <= 0x10ffff; code++) {
      const character = String.fromCodePoint(code);
      const result = map(character);
      if (result !== character) mine.push([BigInt(code), result]);
    }
    expect(mine).toEqual(theirs);
  });
});
