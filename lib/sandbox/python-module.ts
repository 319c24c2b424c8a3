/** An import: of a whole module (`name` null), or of a name of it. */
export interface Imported {
  readonly module: string;
  readonly name: string | null;
}

/** What stands at the top of a module under one name. */
export interface Definition {
  /** Names that its text mentions, attributes included. */
  readonly uses: readonly string[];
  /** Imports that give it, or that stand in it. */
  readonly imports: readonly Imported[];
  /** Whether it is a function that gives its first argument back, as metrics do that only an aggregation understands. */
  readonly passesThrough: boolean;
}

/** What a module's text says of itself. */
export interface PythonModule {
  readonly names: ReadonlyMap<string, Definition>;
  /** Top packages without which the module can't be loaded. */
  readonly required: readonly string[];
}

const STRING = /[bBrRuUfF]{0,2}(?:"""[\s\S]*?"""|'''[\s\S]*?'''|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')/g;
const COMMENT = /#.*$/gm;
/** A line that goes on with the block before it, though it is not indented. */
const CONTINUED = /^(?:\s|$|[)\]}]|(?:else|elif|except|finally)\b)/;
const DEFINED = /^[ \t]*(?:async[ \t]+)?(?:def|class)[ \t]+(\w+)/gm;
const ASSIGNED = /^[ \t]*(\w+(?:[ \t]*,[ \t]*\w+)*)[ \t]*(?::[^=\n]+)?=(?!=)/gm;
const IMPORT = /^[ \t]*import[ \t]+(.+)$/gm;
const FROM = /^[ \t]*from[ \t]+([\w.]+)[ \t]+import[ \t]+(?:\(([^)]*)\)|(.+))$/gm;
const PASSING = /^def[ \t]+\w+\([ \t]*(\w+)[^)]*\)[^:]*:\s*(?:""\s*)?return[ \t]+\1\s*$/;
const WORD = /[A-Za-z_]\w*/g;

/** Reads a module's text by its lines: exact enough for what functions import and call, without a parser of Python. */
export function definitionsIn(text: string): PythonModule {
  const names = new Map<string, { uses: Set<string>; imports: Imported[]; passesThrough: boolean }>();
  const required = new Set<string>();
  const plain = text.replaceAll('\\\n', ' ').replace(STRING, '""').replace(COMMENT, '');
  for (const block of blocksOf(plain)) {
    const bound = importsOf(block);
    const isDefinition = /^(?:@|(?:async[ \t]+)?def\b|class\b)/.test(block);
    const given = isDefinition
      ? namesIn(block, DEFINED).slice(0, 1)
      : [...namesIn(block, DEFINED), ...namesIn(block, ASSIGNED)];
    const uses = block.match(WORD) ?? [];
    for (const name of given) {
      const known = names.get(name) ?? { uses: new Set(), imports: [], passesThrough: false };
      for (const used of uses) if (used !== name) known.uses.add(used);
      known.imports.push(...bound.map(({ imported }) => imported));
      known.passesThrough = PASSING.test(block);
      names.set(name, known);
    }
    if (isDefinition) continue;
    for (const { as, imported } of bound) {
      const known = names.get(as) ?? { uses: new Set(), imports: [], passesThrough: false };
      known.imports.push(imported);
      names.set(as, known);
    }
    // Of what is tried, or done on a condition, the module may do without.
    if (!/^(?:try|if)\b/.test(block)) for (const { imported } of bound) required.add(topOf(imported.module));
  }
  return {
    names: new Map([...names].map(([name, known]) => [name, { ...known, uses: [...known.uses] }])),
    required: [...required],
  };
}

function* blocksOf(text: string): Generator<string> {
  let block: string[] = [];
  let decorated = false;
  for (const line of text.split('\n')) {
    if (!CONTINUED.test(line) && !decorated && block.length > 0) {
      yield block.join('\n');
      block = [];
    }
    block.push(line);
    decorated = line.startsWith('@');
  }
  if (block.length > 0) yield block.join('\n');
}

function namesIn(block: string, pattern: RegExp): string[] {
  return [...block.matchAll(pattern)].flatMap(([, names = '']) => names.split(',').map((name) => name.trim()));
}

function importsOf(block: string): { as: string; imported: Imported }[] {
  const whole = [...block.matchAll(IMPORT)].flatMap(([, list = '']) =>
    list.split(',').map((item) => {
      const [module = '', , as = topOf(module)] = item.trim().split(/\s+/);
      return { as, imported: { module, name: null } };
    }),
  );
  const parts = [...block.matchAll(FROM)].flatMap(([, module = '', inside, plain]) =>
    (inside ?? plain ?? '')
      .split(',')
      .filter((item) => item.trim() !== '')
      .map((item) => {
        const [name = '', , as = name] = item.trim().split(/\s+/);
        return { as, imported: { module, name } };
      }),
  );
  return [...whole, ...parts];
}

function topOf(module: string): string {
  return module.split('.')[0] ?? module;
}
