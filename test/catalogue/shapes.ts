/** Folders of a megabyte of YAML, one for each shape that could take more than its size; by what they are. */
export type Folder = Readonly<Record<string, string>>;

/** What all of a folder's text may come to, in bytes. */
export const MEGABYTE = 1_000_000;

const times = (count: number, text: (i: number) => string) => Array.from({ length: count }, (_, i) => text(i)).join('');
/** As many of the texts as the room holds. */
function filled(text: (i: number) => string, room = 990_000): string {
  const parts: string[] = [];
  for (let i = 0, length = 0; ; i++) {
    const part = text(i);
    length += Buffer.byteLength(part);
    if (length > room) return parts.join('');
    parts.push(part);
  }
}
const task = (more: string) => `task: t\ndataset_path: d\ntest_split: test\ndoc_to_text: q\ndoc_to_target: a\n${more}`;
const one = (more: string): Folder => ({ 't.yaml': task(more) });
/** `count` tasks that include one template, which takes the rest of the room. */
const including = (count: number, base: (room: number) => string, more = ''): Folder => {
  const tasks = Object.fromEntries(
    Array.from({ length: count }, (_, i) => [`t${i}.yaml`, `include: base\ntask: n${i}\n${more}`]),
  );
  const used = Object.values(tasks).reduce((sum, text) => sum + text.length, 0);
  return { ...tasks, base: base(MEGABYTE - used - 10_000) };
};

/** Within one file: what YAML itself can make of little. */
const TEXTS: Readonly<Record<string, () => Folder>> = {
  'many keys': () => one(filled((i) => `k${i}: 1\n`)),
  'many short keys in brackets': () => one(`x: {${filled((i) => `${i.toString(36)}: ,`)}}\n`),
  'many numbers as keys': () => one(`x:\n${filled((i) => ` ${i}: 1\n`)}`),
  'many items': () => one(`x:\n${filled(() => '- 1\n')}`),
  'many items in brackets': () => one(`x: [${filled(() => '1,')}]\n`),
  'many empty items': () => one(`x: [${filled(() => '[],')}]\n`),
  'many empty mappings': () => one(`x: [${filled(() => '{},')}]\n`),
  'lists in lists': () => one(`x: [${filled(() => `${'['.repeat(40)}${']'.repeat(40)},`)}]\n`),
  'as deep as can be, again and again': () =>
    one(filled((i) => `k${i}:${times(12, (at) => `\n${' '.repeat(at + 1)}k:`)} 1\n`)),
  'deeper than can be': () => one(`x: ${'['.repeat(400_000)}${']'.repeat(400_000)}\n`),
  'one long plain text': () => one(`x: ${filled(() => 'word ')}\n`),
  'one long text in quotes': () => one(`x: "${filled(() => 'word ')}"\n`),
  'one long text of escapes': () => one(`x: "${filled(() => '\\u00e9')}"\n`),
  'one long text in single quotes': () => one(`x: '${filled(() => "''")}'\n`),
  'a text of many lines in quotes': () => one(`x: "${filled(() => 'a\n  ')}"\n`),
  'a text of many lines that lack indentation': () => one(`x:\n  y: "${filled(() => 'a\n')}"\n`),
  'a plain text of many lines': () => one(`x: a\n${filled(() => '  a\n')}`),
  'one literal block': () => one(`x: |\n${filled(() => '  a\n')}`),
  'one folded block': () => one(`x: >\n${filled(() => '  a\n\n')}`),
  'many blocks': () => one(`x:\n${filled(() => '- |\n  a\n')}`),
  'long keys': () => one(filled((i) => `${'k'.repeat(900)}${i}: 1\n`)),
  'keys that a "?" marks': () => one(`x:\n${filled((i) => `  ? k${i}\n  : 1\n`)}`),
  'one key again and again': () => one(filled(() => 'k: 1\n')),
  'functions that one key replaces': () => one(filled(() => 'k: !function u.f\n')),
  'many functions': () => one(`x:\n${filled((i) => `- !function m${i}.f\n`)}`),
  'comments alone': () => one(filled(() => '# a comment\n')),
  'short comments alone': () => one(filled(() => '#\n')),
  'white space alone': () => one(filled(() => ' \n')),
  'tabs behind values': () => one(filled((i) => `k${i}: 1\t\t\t\t\n`)),
  'many documents': () => one(filled(() => '---\n')),
  'many ends of documents': () => one(filled(() => '...\n')),
  'many directives': () => ({ 't.yaml': `${filled(() => '%YAML 1.1\n')}---\na: 1\n` }),
  'many anchors': () => one(`x:\n${filled((i) => `- &a${i} 1\n`)}`),
  'many aliases of one anchor': () => one(`a: &a {b: 1}\nx: [${filled(() => '*a,')}]\n`),
  'aliases of aliases': () => one(`a0: &a0 [x]\n${times(60, (i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}]\n`)}`),
  'aliases of a long text': () => one(`a: &a "${'x'.repeat(400_000)}"\nx: [${filled(() => '*a,', 500_000)}]\n`),
  'merges of one mapping': () => one(`a: &a {${times(100, (i) => `k${i}: 1,`)}}\nx:\n${filled(() => '- <<: *a\n')}`),
  'merges of merges': () =>
    one(`a: &a {b: 1}\n${filled((i) => `m${i}: &m${i} {<<: *${i === 0 ? 'a' : `m${i - 1}`}, k${i}: 1}\n`)}`),
  'many tags of YAML': () => one(`x:\n${filled(() => '- !!str a\n')}`),
  'tags that are not known': () => one(`x:\n${filled((i) => `- !t${i} a\n`)}`),
  'texts of other scripts': () => one(filled((i) => `k${i}: 漢字かな\n`)),
  'texts of astral characters': () => one(`x: "${filled(() => '😀')}"\n`),
  'texts of combining marks': () => one(`x: "${filled(() => '\u0301')}"\n`),
  'times and numbers': () =>
    one(`x:\n${filled((i) => `- 2001-01-01 0${i % 10}:00:00\n- 1:30:0${i % 10}\n- 0x${i.toString(16)}\n`)}`),
  'one number of many digits': () => one(`x: ${filled(() => '1')}\n`),
  'many numbers of 4,000 digits': () => one(`x:\n${filled(() => `- ${'9'.repeat(4000)}\n`)}`),
  'carriage returns': () => one(filled((i) => `k${i}: 1\r`)),
  dashes: () => one(`x:\n  ${filled(() => '- ')}1\n`),
  colons: () => one(`x: ${filled(() => 'a:')}\n`),
  ampersands: () => one(`x: [${filled(() => '&a ')}]\n`),
  stars: () => one(`x: [${filled(() => '*')}]\n`),
  'quotes that do not end': () => one(`x: "${filled(() => 'a')}`),
  'brackets that do not end': () => one(`x: ${filled(() => '[a, ')}`),
};

/** Over many files: what includes, groups and tags can make of little. */
const FOLDERS: Readonly<Record<string, () => Folder>> = {
  'a template of many keys, included by many': () => including(1900, (room) => filled((i) => `k${i}: 1\n`, room)),
  'a template of many keys, included by three': () => including(3, (room) => filled((i) => `k${i}: 1\n`, room)),
  'a template of one huge value, included by many': () =>
    including(1900, (room) => `x: "${filled(() => 'a', room)}"\n`),
  'a template of many items, included by many': () =>
    including(1900, (room) => `x: [${filled(() => '1,', Math.min(room, 380_000))}]\n`),
  'a template of many tags, included by many': () =>
    including(1900, (room) => `tag: [${filled((i) => `g${i},`, room)}]\n`),
  'a template of many tags, included by thirty': () =>
    including(30, (room) => `tag: [${filled((i) => `g${i},`, room)}]\n`),
  'a template that is no YAML, included by many': () => including(1900, (room) => `x: ${filled(() => '[', room)}`),
  'templates of 500 keys, each included by all': () => {
    const bases = Array.from({ length: 100 }, (_, at) => [`b${at}`, times(500, (i) => `k${at}_${i}: 1\n`)]);
    const list = bases.map(([name]) => name).join(', ');
    const tasks = Array.from({ length: 400 }, (_, i) => [`t${i}.yaml`, `task: n${i}\ninclude: [${list}]\n`]);
    return Object.fromEntries([...bases, ...tasks]);
  },
  'a chain of includes': () =>
    Object.fromEntries(
      Array.from({ length: 1900 }, (_, i) => [
        `t${i}.yaml`,
        `task: n${i}\ninclude: t${i + 1}.yaml\n${times(20, (at) => `k${i}_${at}: 1\n`)}`,
      ]),
    ),
  'chains of nineteen includes with many keys': () =>
    Object.fromEntries(
      Array.from({ length: 19 }, (_, i) => [
        `t${i}.yaml`,
        `task: n${i}\n${i < 18 ? `include: t${i + 1}.yaml\n` : ''}${times(4500, (at) => `k${i}_${at}: 1\n`)}`,
      ]),
    ),
  'everything includes everything': () =>
    Object.fromEntries(
      Array.from({ length: 190 }, (_, i) => [
        `t${i}.yaml`,
        `task: n${i}\ninclude: [${times(90, (at) => `t${(i + at + 1) % 190}.yaml, `)}]\n`,
      ]),
    ),
  'many files that are no YAML': () =>
    Object.fromEntries(Array.from({ length: 1900 }, (_, i) => [`t${i}.yaml`, 'x: [a, '.repeat(60)])),
  'many small tasks': () =>
    Object.fromEntries(
      Array.from({ length: 1900 }, (_, i) => [
        `t${i}.yaml`,
        task(`tag: [a, b, c]\nx: ${'y'.repeat(300)}\n`).replace('task: t', `task: n${i}`),
      ]),
    ),
  'many files of one name': () => Object.fromEntries(Array.from({ length: 1900 }, (_, i) => [`t${i}.yaml`, task('')])),
  'a group of many members': () => ({ 'g.yaml': `group: g\ntask: [${filled((i) => `{task: n${i}},`)}]\n` }),
  'a group of many names': () => ({ 'a.yaml': task(''), 'g.yaml': `group: g\ntask: [${filled(() => 't,')}]\n` }),
  'a group of many members with many settings': () => ({
    'a.yaml': task(''),
    'g.yaml': `group: g\n${filled((i) => `k${i}: 1\n`, 500_000)}task: [${filled((i) => `{task: n${i}},`, 480_000)}]\n`,
  }),
  'groups of groups': () =>
    Object.fromEntries([
      ['t.yaml', task('')],
      ...Array.from({ length: 30 }, (_, i) => [
        `g${i}.yaml`,
        `group: g${i === 0 ? '' : i}\ntask: [${i < 18 ? times(40, () => `g${i + 1}, `) : 't'}]\nx${i}: 1\n`,
      ]),
    ]),
  'groups that hold each other': () =>
    Object.fromEntries(
      Array.from({ length: 500 }, (_, i) => [
        `g${i}.yaml`,
        `group: g${i === 0 ? '' : i}\ntask: [${times(200, (at) => `g${at}, `)}]\n`,
      ]),
    ),
  'groups within one file': () => ({
    'g.yaml': `group: g\ntask:\n${filled((i) => `- {group: h${i}, task: [{task: a${i}, x: 1}]}\n`)}`,
  }),
  'members whose names begin with one another': () => ({
    'a.yaml': task(''),
    'g.yaml': `group: g\ntask: [${filled((i) => `${'t'.repeat(i + 1)},`)}]\n`,
  }),
  'a tag of many tasks in a group with many settings': () => ({
    ...Object.fromEntries(Array.from({ length: 1900 }, (_, i) => [`t${i}.yaml`, `task: n${i}\ntag: many\n`])),
    'g.yaml': `group: g\ntask: [many]\n${filled((i) => `k${i}: 1\n`, 900_000)}`,
  }),
};

/** A little less than what is refused, which is read and worked on in full. */
const WITHIN: Readonly<Record<string, () => Folder>> = {
  'items, as many as can be': () => one(`x: [${times(95_000, () => '1,')}]\n`),
  'empty lists, as many as can be': () => one(`x: [${times(80_000, () => '[],')}]\n`),
  'lists in lists, as many as can be': () => one(`x: [${times(2000, () => `${'['.repeat(40)}${']'.repeat(40)},`)}]\n`),
  'keys below a key, as many as can be': () => one(`x:\n${times(49_000, (i) => ` k${i}: 1\n`)}`),
  'keys of a task, as many as can be': () => one(times(9900, (i) => `k${i}: "${'v'.repeat(80)}"\n`)),
  'aliases, as many as can be': () => one(`a: &a 1\nx: [${times(80_000, () => '*a,')}]\n`),
  'anchors, as many as can be': () => one(`x:\n${times(60_000, (i) => `- &a${i} 1\n`)}`),
  'lines that lack indentation': () => one(`x:\n  y: "${filled(() => 'aaaa\n')}"\n`),
  'few lines that lack indentation': () => one(`x:\n  y: "${'a'.repeat(900_000)}\na"\n`),
  'merged keys, as many as can be': () =>
    one(`a: &a {${times(180, (i) => `k${i}: 1,`)}}\nx:\n${times(260, () => '- <<: *a\n')}`),
  'a template of all keys that can be, included as often as can be': () =>
    including(50, () => times(9900, (i) => `k${i}: "${'v'.repeat(60)}"\n`)),
  'a template of 2,000 keys, included as often as can be': () => including(240, () => times(2000, (i) => `k${i}: 1\n`)),
  'a template of all items that can be, included by many': () =>
    including(1900, () => `x: [${times(95_000, () => '1,')}]\n`),
  'a template of 45,000 tags': () => including(1900, () => `tag: [${times(45_000, (i) => `g${i},`)}]\n`),
  'a template of 25 tags': () => including(1900, () => `tag: [${times(25, (i) => `g${i},`)}]\n`),
  'a group of all settings and members that can be': () => ({
    'a.yaml': task(''),
    'g.yaml': `group: g\ntask: [${times(19_000, (i) => `{task: n${i}},`)}]\n${times(10, (i) => `k${i}: 1\n`)}`,
  }),
  'a group with many settings of a tag of many tasks': () => ({
    ...Object.fromEntries(Array.from({ length: 1900 }, (_, i) => [`t${i}.yaml`, `task: n${i}\ntag: many\n`])),
    'g.yaml': `group: g\ntask: [many]\n${times(250, (i) => `k${i}: 1\n`)}`,
  }),
  'groups of groups, as many as can be': () =>
    Object.fromEntries([
      ['t.yaml', task('')],
      ...Array.from({ length: 6 }, (_, i) => [
        `g${i}.yaml`,
        `group: g${i === 0 ? '' : i}\ntask: [${i < 5 ? times(6, () => `g${i + 1}, `) : 't'}]\nx${i}: 1\n`,
      ]),
    ]),
};

export const SHAPES: Readonly<Record<string, () => Folder>> = { ...TEXTS, ...FOLDERS, ...WITHIN };
