import { describe, expect, it } from 'vitest';
import { type AuditOptions, auditTask } from '../../lib/audit/audit.ts';
import type { Finding, Kind } from '../../lib/audit/finding.ts';
import { everything, ownTask, type Row } from './own-task.ts';

const CHAT = '/v1/chat/completions';
const COMPLETIONS = '/v1/completions';

/** What a case is made of, where it differs from a healthy task. */
interface Case {
  readonly text?: string;
  readonly target?: string;
  /** Further lines of the definition. */
  readonly more?: string;
  readonly rows?: readonly Row[];
  readonly train?: readonly Row[];
  readonly path?: string;
  readonly message?: Readonly<Record<string, unknown>>;
  readonly options?: AuditOptions;
}

const CAPITALS: readonly Row[] = [
  { country: 'Burkina Faso', capital: 'Ouagadougou', region: 'West Africa', label: 0 },
  { country: 'Bhutan', capital: 'Thimphu', region: 'South Asia', label: 1 },
  { country: 'Suriname', capital: 'Paramaribo', region: 'South America', label: 2 },
  { country: 'Latvia', capital: 'Riga', region: 'North Europe', label: 0 },
];
const CHOICE = 'output_type: multiple_choice\ndoc_to_choice: ["Ouagadougou", "Thimphu", "Paramaribo"]\n';
const SAMPLES = (samples: string) => `fewshot_config: {sampler: first_n, samples: [${samples}]}\nnum_fewshot: 1\n`;

async function audit({ text, target, more = '', rows = CAPITALS, train, path = CHAT, message, options }: Case) {
  const yaml = `doc_to_text: ${JSON.stringify(text ?? 'What is the capital of {{country}}?')}
doc_to_target: ${JSON.stringify(target ?? '{{capital}}')}
training_split: train
${more}`;
  const { services, entry } = await ownTask(yaml, rows, { train });
  return (await auditTask(services, everything(path, message), entry, options)).findings;
}

function kinds(findings: readonly Finding[]): Kind[] {
  return findings.map(({ kind }) => kind);
}

const scored = { path: COMPLETIONS, target: '{{label}}' };
const sentence = (n: number, word: string) =>
  `Number ${n}: at which of the ${word} along the old river do travellers of this story rest for the night?`;
const long = [
  { country: sentence(1, 'villages'), capital: 'a' },
  { country: sentence(2, 'castles'), capital: 'b' },
];

describe('an audit', () => {
  it.each<[Kind, Case, Case]>([
    [
      'unfilled',
      { text: 'Capital of {country}? {{region}} {{capital}}' },
      { text: 'Capital of {{country}}? \\text{country}' },
    ],
    ['unfilled', { text: 'contry' }, { text: 'country' }],
    ['unfilled', { target: 'capitl' }, { target: 'capital' }],
    ['unfilled', { more: 'description: "In {region}:"\n' }, { more: 'description: "In {place}, x^{region}:"\n' }],
    ['same-prompt', { text: 'What is its capital?' }, { text: 'What is the capital of {{country}}?' }],
    ['same-prompt', { rows: [...CAPITALS, { ...CAPITALS[1], region: 'elsewhere' }] }, {}],
    [
      'near-equal',
      { text: '{{country}}', rows: [...long, { country: sentence(1, 'Vilages').toUpperCase(), capital: 'a' }] },
      {
        text: '{{country}}',
        rows: [
          ...long,
          { country: sentence(1, 'valleys'), capital: 'a' },
          { country: sentence(3, 'castles'), capital: 'b' },
        ],
      },
    ],
    [
      'self-example',
      { more: SAMPLES('{country: Bhutan, capital: Thimphu}') },
      { more: SAMPLES('{country: Chad, capital: "N\'Djamena"}') },
    ],
    [
      'self-example',
      { more: 'num_fewshot: 4\n' },
      {
        more: 'num_fewshot: 2\n',
        train: [
          { ...CAPITALS[0], country: 'Chad', capital: 'x' },
          { ...CAPITALS[1], country: 'Peru', capital: 'y' },
        ],
      },
    ],
    [
      'gold-in-example',
      { more: SAMPLES('{country: the land of the thunder dragon, capital: thimphu}') },
      {
        more: SAMPLES('{country: the land of the blue moon, capital: Riga}'),
        rows: CAPITALS.map((row) => ({ ...row, capital: 'Riga' })),
      },
    ],
    [
      'gold-not-a-choice',
      {
        ...scored,
        more: CHOICE,
        rows: [
          { country: 'Chad', label: 0 },
          { country: 'Peru', label: 3 },
        ],
      },
      { ...scored, more: CHOICE },
    ],
    [
      'gold-not-a-choice',
      { path: COMPLETIONS, more: CHOICE },
      { path: COMPLETIONS, more: CHOICE, rows: CAPITALS.slice(0, 3) },
    ],
    [
      'empty-choice',
      {
        ...scored,
        more: 'output_type: multiple_choice\ndoc_to_choice: "{{[region, \'other\', capital]}}"\n',
        rows: [...CAPITALS.slice(0, 1), { country: 'Chad', capital: ' ', region: 'x', label: 0 }],
      },
      { ...scored, more: 'output_type: multiple_choice\ndoc_to_choice: "{{[region, \'other\', capital]}}"\n' },
    ],
    [
      'equal-choices',
      { ...scored, more: 'output_type: multiple_choice\ndoc_to_choice: "{{[region, \'South Asia\', capital]}}"\n' },
      { ...scored, more: 'output_type: multiple_choice\ndoc_to_choice: "{{[region, \'south asia\', capital]}}"\n' },
    ],
    [
      'many-stops',
      { more: 'generation_kwargs: {until: ["a", "b", "c", "d", "e"]}\n', rows: [{ country: 'Chad', capital: 'x' }] },
      { more: 'generation_kwargs: {until: ["a", "b", "c", "d"]}\n', rows: [{ country: 'Chad', capital: 'x' }] },
    ],
    [
      'empty-stop',
      { more: 'generation_kwargs: {until: ["\\n", ""]}\n' },
      { more: 'generation_kwargs: {until: ["\\n"]}\n' },
    ],
    [
      'stop-in-example',
      { more: `${SAMPLES('{country: Chad, capital: "First N, then D."}')}generation_kwargs: {until: [","]}\n` },
      { more: `${SAMPLES('{country: Chad, capital: "Djamena,"}')}generation_kwargs: {until: [",", "capital"]}\n` },
    ],
    [
      'stop-at-gold',
      { more: 'generation_kwargs: {until: ["Thim"]}\n' },
      { more: 'generation_kwargs: {until: ["phu"]}\n' },
    ],
    ['too-long', { options: { maxChars: 35 } }, { options: { maxChars: 40 } }],
    ['too-long', { options: { maxTokens: 2 } }, { options: { maxTokens: 100 } }],
    [
      'unrenderable',
      { text: '{{1 // label}}', rows: [...CAPITALS.slice(1, 3), ...CAPITALS.slice(0, 1)] },
      { text: '{{country}} {{1 // 1}}' },
    ],
    ['refused', { more: 'num_fewshot: 9\n' }, { more: 'num_fewshot: 0\n' }],
  ])('finds %s, and nothing in its healthy neighbour (%#)', async (kind, ill, healthy) => {
    const found = await audit(ill);
    expect(kinds(found)).toContain(kind);
    expect(kinds(await audit(healthy))).toEqual([]);
    for (const { task, paths, key, message, excerpt, doc_ids, count } of found) {
      expect([task, paths]).toEqual(['own', [ill.path ?? CHAT]]);
      expect(key).toMatch(/^[0-9a-f]{16}$/);
      expect(message.length).toBeGreaterThan(10);
      expect([...excerpt].length).toBeLessThan(250);
      expect(count).toBeGreaterThanOrEqual(doc_ids.length);
    }
  });

  it('names the column that was meant', async () => {
    expect((await audit({ text: 'contry' })).find(({ kind }) => kind === 'unfilled')?.message).toContain(
      'did you mean country?',
    );
  });

  it('tells that gold answers of the same question differ', async () => {
    const [found] = await audit({ rows: [...CAPITALS, { ...CAPITALS[1], capital: 'Punakha' }] });
    expect(found).toMatchObject({
      kind: 'same-prompt',
      count: 2,
      doc_ids: [6, 9],
      message: expect.stringContaining('gold answers differ'),
    });
  });

  it.each(['A', 'yes', '42', 'no.'])(
    'takes no label (%s) in a worked example for a gold answer given away',
    async (label) => {
      const rows = [
        { country: 'Peru', capital: label },
        { country: 'Cuba', capital: 'other' },
      ];
      expect(await audit({ rows, more: SAMPLES(`{country: Chad, capital: "${label}"}`) })).toEqual([]);
    },
  );

  it('takes documents that are made by a pattern for what they are', async () => {
    const rows = Array.from({ length: 60 }, (_, i) => ({
      country: `If you follow these steps, do you come back to where you began? Step ${i} forward, then turn ${i % 2 ? 'left' : 'right'}.`,
      capital: i % 2 ? 'yes' : 'no',
    }));
    expect(await audit({ text: '{{country}}', rows })).toEqual([]);
  });

  it('keeps its memory and its output bounded however much is wrong', async () => {
    const rows = Array.from({ length: 3_000 }, (_, i) => ({ country: `country ${i}`, label: i === 0 ? 0 : 7 }));
    const found = await audit({ ...scored, more: CHOICE, rows, train: rows });
    expect(found).toHaveLength(1_001);
    expect(found.at(-1)).toMatchObject({
      kind: 'gold-not-a-choice',
      count: 1_999,
      doc_ids: [],
      message: '1999 more of this kind',
    });
  });
});
