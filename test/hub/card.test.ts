import { describe, expect, it } from 'vitest';
import { defaultConfig, readCard } from '../../lib/hub/card.ts';

describe('a card', () => {
  it('tells files from configs and the order of splits from dataset_info, by configuration', () => {
    const card = {
      configs: [
        {
          config_name: 'main',
          data_files: [
            { split: 'train', path: 'main/train-*' },
            { split: 'test', path: ['a', 'b'] },
          ],
        },
        { config_name: 'other', default: true },
      ],
      dataset_info: [
        { config_name: 'main', splits: [{ name: 'test' }, { name: 'train' }] },
        { config_name: 2024, splits: [{ name: 'dev' }] },
      ],
    };
    expect(readCard(card)).toEqual([
      {
        name: 'main',
        isDefault: false,
        files: [
          { split: 'train', patterns: ['main/train-*'] },
          { split: 'test', patterns: ['a', 'b'] },
        ],
        splits: ['test', 'train'],
      },
      { name: 'other', isDefault: true, files: null, splits: null },
      { name: '2024', isDefault: false, files: null, splits: ['dev'] },
    ]);
  });

  it('with one configuration and without its name means "default"; files without a split are those to train on', () => {
    const card = {
      dataset_info: { splits: [{ name: 'test' }] },
      configs: { config_name: 'default', data_files: 'x.parquet' },
    };
    expect(readCard(card)).toEqual([
      { name: 'default', isDefault: false, files: [{ split: 'train', patterns: ['x.parquet'] }], splits: ['test'] },
    ]);
  });

  it.each([
    undefined,
    null,
    'text',
    [],
    { configs: 7, dataset_info: 'x' },
    { configs: [null, {}, { data_files: [] }], dataset_info: [null, 'x'] },
  ])('that is none or makes no sense tells nothing: %j', (card) => {
    expect(readCard(card)).toEqual([]);
  });

  it('keeps what it says well despite what it says badly, and takes no files from a folder that it means', () => {
    const configs = [
      { config_name: 'odd', data_files: { train: 1 } },
      { config_name: 'dir', data_dir: 'x', data_files: 'y.parquet' },
    ];
    expect(readCard({ configs, dataset_info: [{ config_name: 'odd', splits: 'none' }] })).toEqual([
      { name: 'odd', isDefault: false, files: null, splits: null },
      { name: 'dir', isDefault: false, files: null, splits: null },
    ]);
  });
});

describe('the configuration where none is named', () => {
  const config = (name: string, isDefault = false) => ({ name, isDefault, files: null, splits: null });
  it.each([
    [['a', 'default'], [config('b', true)], 'b'],
    [['a', 'default'], [config('a')], 'default'],
    [['a'], [], 'a'],
    [['a', 'b'], [], null],
    [[], [], null],
  ])('is the marked one, the one named default, or the only one: %j', (names, card, expected) => {
    expect(defaultConfig(names, card)).toBe(expected);
  });
});
