import { posix } from 'node:path';
import { KeyIndex } from '../../python/dict.ts';
import type { PyValue } from '../../python/value.ts';
import { type ConfigDict, type ConfigValue, functionsIn } from '../config-value.ts';
import { FunctionRef } from '../function-ref.ts';
import { composeYaml, type MappingNode, type ScalarNode, YamlError, type YamlNode } from './node.ts';
import { constructScalar } from './scalar.ts';

/** Longer names of functions are refused. */
const MAX_FUNCTION_NAME = 300;
/** So many keys may be merged from other mappings, counted as often as they are. */
const MAX_MERGED_PAIRS = 200_000;

/**
 * Loads YAML as PyYAML does (YAML 1.1, `yaml.load` as in `load_yaml_config`; CATALOGUE-1): the last of several equal keys
 * wins, in the place of the first; `<<` merges. `!function a.b` becomes a {@link FunctionRef} of `folder`, the file's own below
 * its root, behind the root's own `prefix`.
 * Functions that an equal key behind them replaces are given to `replaced`: PyYAML has looked them up by then.
 * @throws YamlError saying what is wrong with the text.
 */
export function loadYaml(
  source: string | Uint8Array,
  folder: string,
  prefix = '',
  replaced: (functions: readonly FunctionRef[]) => void = () => {},
): ConfigValue {
  const node = composeYaml(typeof source === 'string' ? source : decode(source));
  return node === null ? null : new Constructor(folder, prefix, replaced).value(node);
}

/** UTF-8, or UTF-16 with a byte order mark, as libyaml takes. */
function decode(bytes: Uint8Array): string {
  const label =
    bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : 'utf-8';
  try {
    return new TextDecoder(label, { fatal: true }).decode(bytes);
  } catch (error) {
    throw new YamlError(`it is not valid ${label.toUpperCase()}`, { cause: error });
  }
}

class Constructor {
  readonly #folder: string;
  readonly #prefix: string;
  readonly #made = new Map<YamlNode, ConfigValue>();
  readonly #flat = new Map<MappingNode, MappingNode['pairs']>();
  readonly #replaced: (functions: readonly FunctionRef[]) => void;
  #mergedPairs = 0;

  constructor(folder: string, prefix: string, replaced: (functions: readonly FunctionRef[]) => void) {
    this.#replaced = replaced;
    this.#folder = folder;
    this.#prefix = prefix;
  }

  /** What the node stands for; an alias and its anchor are one value, as in Python. */
  value(node: YamlNode): ConfigValue {
    if (node.kind === 'scalar') return this.#scalar(node);
    const made = this.#made.get(node);
    if (made !== undefined) return made;
    const value = node.kind === 'sequence' ? node.items.map((item) => this.value(item)) : this.#mapping(node);
    this.#made.set(node, value);
    return value;
  }

  #scalar({ tag, text }: ScalarNode): PyValue | FunctionRef {
    if (tag === 'function') return this.#functionRef(text);
    if (tag === 'merge' || tag === 'value') throw new YamlError(`"${text}" is no value; quote it to have it as text`);
    const value = constructScalar(tag, text);
    if (value === undefined) throw new YamlError(`"${text.slice(0, 40)}" is no ${tag}`);
    return value;
  }

  /** `import_function` (CATALOGUE-2): what stands before the last dot is the module's path, which may lead out of the folder. */
  #functionRef(text: string): FunctionRef {
    const dot = text.lastIndexOf('.');
    if (dot <= 0 || dot === text.length - 1 || text.length > MAX_FUNCTION_NAME) {
      throw new YamlError(`"!function ${text.slice(0, 80)}" does not name a function as module.name`);
    }
    const inRoot = posix.join(this.#folder, text.slice(0, dot));
    if (inRoot.startsWith('..'))
      throw new YamlError(`"!function ${text.slice(0, 80)}" leads out of the folder of tasks`);
    const path = posix.join(this.#prefix, inRoot);
    const folder = posix.dirname(path);
    return new FunctionRef(folder === '.' ? '' : folder, posix.basename(path), text.slice(dot + 1));
  }

  #mapping(node: MappingNode): ConfigDict {
    const dict: ConfigDict = new Map();
    const keys = new KeyIndex();
    for (const [keyNode, valueNode] of this.#pairs(node)) {
      const key = keys.known(this.#key(keyNode));
      const before = dict.get(key);
      if (before !== undefined) this.#replaced(functionsIn(before));
      dict.set(key, this.value(valueNode));
    }
    return dict;
  }

  /** A mapping's pairs with merged ones in front (`flatten_mapping` of PyYAML): of several mappings the first one wins. */
  #pairs(node: MappingNode): MappingNode['pairs'] {
    const known = this.#flat.get(node);
    if (known) return known;
    const merged: (readonly [YamlNode, YamlNode])[] = [];
    const own: (readonly [YamlNode, YamlNode])[] = [];
    for (const pair of node.pairs) {
      const [key, value] = pair;
      if (key.kind !== 'scalar' || key.tag !== 'merge') own.push(pair);
      else {
        const sources = value.kind === 'sequence' ? value.items.toReversed() : [value];
        for (const source of sources) {
          const more = this.#merged(source);
          this.#mergedPairs += more.length;
          if (this.#mergedPairs > MAX_MERGED_PAIRS)
            throw new YamlError(`"<<" merges more than ${MAX_MERGED_PAIRS} keys`);
          for (const one of more) merged.push(one);
        }
      }
    }
    const pairs = merged.length === 0 ? own : [...merged, ...own];
    this.#flat.set(node, pairs);
    return pairs;
  }

  #merged(node: YamlNode): MappingNode['pairs'] {
    if (node.kind === 'mapping') return this.#pairs(node);
    throw new YamlError('"<<" takes a mapping or a list of mappings');
  }

  #key(node: YamlNode): PyValue {
    if (node.kind !== 'scalar') throw new YamlError('a list or a mapping can be no key');
    if (node.tag === 'value') return node.text;
    const key = this.#scalar(node);
    if (key instanceof FunctionRef) throw new YamlError('a function can be no key');
    return key;
  }
}
