import * as z from 'zod';

const patterns = z.union([z.string().transform((pattern) => [pattern]), z.array(z.string())]);
const dataFiles = z.union([
  z.array(z.object({ split: z.coerce.string(), path: patterns })),
  patterns.transform((path) => [{ split: 'train', path }]),
]);
const configSchema = z.object({
  config_name: z.coerce.string(),
  default: z.boolean().optional().catch(undefined),
  data_files: dataFiles.optional().catch(undefined),
  data_dir: z.unknown().optional(),
});
const infoSchema = z.object({
  config_name: z.coerce.string().default('default'),
  splits: z.array(z.object({ name: z.coerce.string() })).catch([]),
});
const many = <Item extends z.ZodType>(item: Item) =>
  z.union([item.transform((one) => [one]), z.array(z.unknown())]).catch([]);
const cardSchema = z
  .object({ configs: many(configSchema), dataset_info: many(infoSchema) })
  .partial()
  .catch({});

/** One configuration, as far as the card describes it. */
export interface CardConfig {
  readonly name: string;
  readonly isDefault: boolean;
  /** Which files make up each split, by patterns and in the order of the splits; null where the card does not say. */
  readonly files: readonly { readonly split: string; readonly patterns: readonly string[] }[] | null;
  /** Names of the splits in their order; null where the card does not say. */
  readonly splits: readonly string[] | null;
}

/**
 * The configurations that a data set's card (the YAML at the head of its README) describes: in `configs`, which say what files
 * they have, and in `dataset_info`. What can't be understood is left out, as cards are written by hand.
 */
export function readCard(card: unknown): CardConfig[] {
  const { configs = [], dataset_info: infos = [] } = cardSchema.parse(card ?? {});
  const found = new Map<string, CardConfig>();
  for (const item of configs) {
    const { data: config } = configSchema.safeParse(item);
    if (!config) continue;
    const files = config.data_dir === undefined ? (config.data_files ?? null) : null;
    found.set(config.config_name, {
      name: config.config_name,
      isDefault: config.default === true,
      files: files?.map(({ split, path }) => ({ split, patterns: path })) ?? null,
      splits: null,
    });
  }
  for (const item of infos) {
    const { data: info } = infoSchema.safeParse(item);
    if (!info) continue;
    const known = found.get(info.config_name);
    const splits = info.splits.length > 0 ? info.splits.map(({ name }) => name) : null;
    found.set(info.config_name, { name: info.config_name, isDefault: false, files: null, ...known, splits });
  }
  return [...found.values()];
}

/** The configuration that is meant where none is named: the card's default, one named so, or the only one. */
export function defaultConfig(names: readonly string[], card: readonly CardConfig[]): string | null {
  const marked = card.find(({ isDefault }) => isDefault)?.name;
  if (marked !== undefined) return marked;
  if (names.includes('default')) return 'default';
  return names.length === 1 ? (names[0] ?? null) : null;
}
