import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import * as z from 'zod';
import { UsageError } from './exit.ts';

/** Ids in one list on the command line; ranges count in full. */
const MAX_IDS = 1_000_000;

/** Adds `--json`. */
export function withJson(command: Command): Command {
  return command.option('--json', 'print the result as JSON on standard output');
}

/** `--json` as parsed. */
export const jsonOption = { json: z.boolean().default(false) };

/** The options of a command, typed. Throws UsageError where a value is none. */
export function optionsOf<Shape extends z.ZodRawShape>(shape: Shape, command: Command): z.output<z.ZodObject<Shape>> {
  const parsed = z.object(shape).safeParse(command.opts());
  if (parsed.success) return parsed.data;
  throw new UsageError(parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '));
}

/** An option as it is typed: `--hub-url` of `hubUrl`. */
export function typed(option: string): string {
  return `--${option.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** Adds the options that say where task definitions come from. */
export function withCatalogueOptions(command: Command): Command {
  return command
    .option('--wheel [FILE]', "read the harness's wheel instead of the staged catalogue (without FILE: the set-up's)")
    .option('--include-path <NAME[=DIR]>', 'further task definitions: those staged under NAME, or those of a folder');
}

/** The catalogue's options as parsed. */
export const catalogueShape = {
  wheel: z.union([z.string(), z.boolean()]).optional(),
  includePath: z.string().optional(),
};

/** Adds `--from DIR`. */
export function withFrom(command: Command, description: string): Command {
  return command.option('--from <DIR>', description);
}

/** `--from` as parsed: the folder that holds data sets, also where a copy of the whole bucket was named. */
export const fromShape = {
  from: z
    .string()
    .optional()
    .transform((dir) => (dir === undefined ? undefined : dataFolder(resolve(dir)))),
};

function dataFolder(dir: string): string {
  const below = join(dir, 'datasets');
  return existsSync(below) ? below : dir;
}

/** A whole number of at least `least`. */
export function wholeNumber(name: string, least: number) {
  return z.string().transform((text) => {
    const value = Number(text);
    if (/^-?\d{1,15}$/.test(text.trim()) && value >= least) return value;
    throw new UsageError(`--${name} "${text}" must be a whole number of at least ${least}.`);
  });
}

/** An option that can be given several times; its values in order. */
export function repeatable(flags: string, description: string): Option {
  return new Option(flags, description).argParser((value: string, before: string[] | undefined) => [
    ...(before ?? []),
    value,
  ]);
}

/** `4,7-9` as 4, 7, 8, 9. */
export function idList(name: string, text: string): number[] {
  const ids = text.split(',').flatMap((part) => {
    const match = /^\s*(\d{1,15})(?:-(\d{1,15}))?\s*$/.exec(part);
    const first = Number(match?.[1] ?? Number.NaN);
    const last = Number(match?.[2] ?? first);
    if (last - first >= MAX_IDS) throw new UsageError(`--${name} "${part}" holds more than ${MAX_IDS} ids.`);
    if (!(last >= first)) {
      throw new UsageError(`--${name} "${part}" must be document ids and ranges of them, such as 4,7-9.`);
    }
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
  if (ids.length > MAX_IDS) throw new UsageError(`--${name} holds more than ${MAX_IDS} ids.`);
  return ids;
}

/** `NAME=DIR` in two. */
export function nameAndFolder(text: string): { name: string; dir: string } | undefined {
  const at = text.indexOf('=');
  return at < 1 ? undefined : { name: text.slice(0, at), dir: resolve(text.slice(at + 1)) };
}
