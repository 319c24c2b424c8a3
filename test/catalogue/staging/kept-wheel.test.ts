import { mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Catalogue } from '../../../lib/catalogue/catalogue.ts';
import { catalogueIn, keptHarness } from '../../../lib/catalogue/staging/kept-wheel.ts';
import { wheelCatalogue } from '../../../lib/catalogue/staging/wheel-catalogue.ts';
import { hasWheel, WHEEL } from '../yaml/pyyaml.ts';

const folder = join(mkdtempSync(join(tmpdir(), 'sampler-kept-')), 'catalogue');
const CODE = join(import.meta.dirname, '..', '..', '..', 'lib');
const kept = async () => catalogueIn(await keptHarness(WHEEL, folder, CODE));
const only = () => join(folder, readdirSync(folder)[0] ?? 'none');

async function told(catalogue: Catalogue) {
  const names = ['gsm8k', 'mmlu_abstract_algebra', 'super_glue-record-t5-prompt', 'mmlu', 'no such task'];
  const found = await Promise.all(names.map((name) => catalogue.find(name)));
  const group = catalogue.index.get('mmlu');
  return { source: catalogue.source, names: [...catalogue.index.keys()].sort(), found, group: group?.type };
}

describe.skipIf(!hasWheel)('a wheel that is kept', () => {
  it('gives what the wheel gives, the first time and later, and is compiled again where it is damaged', async () => {
    const expected = await told(await wheelCatalogue(WHEEL));
    expect(await told(await kept())).toEqual(expected);
    const whole = readFileSync(only());
    const written = statSync(only()).mtimeMs;
    expect(await told(await kept())).toEqual(expected);
    expect(statSync(only()).mtimeMs).toBe(written);
    const flipped = Buffer.from(whole);
    flipped.writeUInt8(flipped.readUInt8(whole.length >> 1) ^ 1, whole.length >> 1);
    writeFileSync(only(), flipped);
    expect(await told(await kept())).toEqual(expected);
    expect(readFileSync(only()).equals(whole)).toBe(true);
    expect(readdirSync(folder)).toHaveLength(1);
  }, 240_000);

  it('is refused each time where it is none', async () => {
    await expect(keptHarness(join(folder, 'no.whl'), folder, CODE)).rejects.toThrow();
    expect(readdirSync(folder)).toHaveLength(1);
  });
});
