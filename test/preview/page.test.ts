import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { Catalogue } from '../../lib/catalogue/catalogue.ts';
import { buildIndex } from '../../lib/catalogue/definitions/build-index.ts';
import { withRoot } from '../../lib/catalogue/staging/wheel-catalogue.ts';
import { requireSupported } from '../../lib/catalogue/support.ts';
import { parseMessage } from '../../lib/messages/parse.ts';
import { sampleMessage } from '../../lib/messages/sample.ts';
import { FolderSource } from '../../lib/preview/folder-source.ts';
import { previewPage } from '../../lib/preview/page.ts';
import { type Preview, previewTask } from '../../lib/preview/preview.ts';
import { writeFolder } from '../bin/own-tasks.ts';
import { texts } from '../datasets/data-stack.ts';

const HOSTILE = '</pre><script>alert("1")</script><!-- \u0007\r\n &amp; \' <img src=x onerror=y>';
const YAML = `task: hostile
dataset_path: own/hostile
test_split: test
training_split: train
fewshot_split: train
output_type: generate_until
description: "Sys <b>"
doc_to_text: "{{t}}"
doc_to_target: "answer <i>"
`;

async function previews(path: string, numFewshot: number, yaml = YAML): Promise<Preview[]> {
  const from = writeFolder({
    'own/hostile/default/train/0000.parquet': texts('t', [`first ${HOSTILE}`, `second ${HOSTILE}`]),
    'own/hostile/default/test/0000.parquet': texts('t', [`asked ${HOSTILE}`]),
  });
  const empty: Catalogue = {
    source: 'nothing',
    index: new Map(),
    find: async () => null,
    requireSupported: (entry) => requireSupported(entry, new Set()),
    sources: async () => new Map(),
  };
  const catalogue = withRoot(empty, 'own', buildIndex(new Map([['h.yaml', Buffer.from(yaml)]]), 'include/own'));
  const body = {
    framework: 'lmeh',
    tasks: 'hostile',
    qty: -1,
    num_fewshot: numFewshot,
    requester_args: { address: 'a', service: 's', path },
  };
  const entry = await catalogue.find('hostile');
  if (!entry) throw new Error('there is no task');
  const message = parseMessage('sample', sampleMessage, JSON.stringify(body));
  return [await previewTask({ catalogue, source: new FolderSource(from) }, message, entry, 0n)];
}

/** A page as it is written. */
async function pageOf(shown: readonly Preview[]): Promise<string> {
  return (await Array.fromAsync(previewPage(shown))).join('');
}

const block = z.looseObject({ kind: z.string(), text: z.string().optional(), label: z.string().optional() });
const inside = z.array(
  z.object({ blocks: z.array(z.looseObject({ ...block.shape, blocks: z.array(block).optional() })) }),
);

/** The parts of a page's first card, read as its script does; folded ones by their label. */
function blocksOf(page: string) {
  const [, data = ''] = /<script type="application\/json" data-cards>(.*?)<\/script>/s.exec(page) ?? [];
  return inside.parse(JSON.parse(data))[0]?.blocks ?? [];
}

describe('a page of prompts', () => {
  it('holds nothing but text of tasks and data: no tag, script or address of theirs, and no other page', async () => {
    const page = await pageOf(await previews('/v1/chat/completions', 1));
    const [head = '', body = ''] = page.split('<main');
    const markup = `${head}${body.replaceAll(/<script[^>]*>[^<]*(<(?!\/script>)[^<]*)*<\/script>/g, '')}`.replace(
      /<style>.*?<\/style>/s,
      '',
    );
    const tags = [...markup.matchAll(/<\/?([a-zA-Z!][^\s>]*)([^>]*)>/g)];
    const known =
      'html head meta title style body h1 h2 header dl div dt dd p noscript main footer kbd input output table !doctype'.split(
        ' ',
      );
    expect(tags.filter(([, name = '']) => !known.includes(name)).map(([tag]) => tag)).toEqual([]);
    expect(tags.filter(([, , attributes = '']) => /\son\w+=|src=|href=/.test(attributes))).toEqual([]);
    expect(page).toMatch(/content="default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-[\w+/=]+'"/);
    expect(page).not.toContain('<img');
    expect(page.match(/<script/g)).toHaveLength(3);
    expect(page).not.toMatch(/[^\P{Cc}\n\t]/u);
  });

  it('shows each turn and the data as they are sent, the worked examples folded, and the right answer', async () => {
    const shown = await previews('/v1/chat/completions', 1);
    const blocks = blocksOf(await pageOf(shown));
    expect(blocks.map(({ kind, role, label }) => [kind, role ?? label])).toEqual([
      ['turn', 'system'],
      ['fold', '1 worked example'],
      ['turn', 'user'],
      ['text', 'right answer'],
      ['fold', 'generation arguments'],
      ['fold', 'data as sent'],
    ]);
    expect(blocks[0]?.text).toBe('Sys <b>');
    expect(blocks[1]?.blocks?.map(({ text }) => text)).toEqual([
      expect.stringMatching(/^(first|second) <\/pre>/),
      'answer <i>',
    ]);
    expect(blocks[2]?.text).toBe(`asked ${HOSTILE}`);
    expect(blocks[3]?.text).toBe('answer <i>');
    expect(blocks.at(-1)?.blocks?.[0]?.text).toBe(shown[0]?.instances[0]?.data);
  });

  it('folds the worked examples of the completions path too, which are a part of one text', async () => {
    const blocks = blocksOf(await pageOf(await previews('/v1/completions', 2)));
    expect(blocks.slice(0, 3).map(({ kind, role, label }) => [kind, role ?? label])).toEqual([
      ['turn', 'prompt'],
      ['fold', '2 worked examples'],
      ['turn', 'prompt'],
    ]);
    expect(blocks[1]?.blocks?.map(({ text }) => text)).toEqual([
      expect.stringMatching(/^(first|second) <\/pre>.* answer <i>$/s),
      expect.stringMatching(/^(first|second) <\/pre>.* answer <i>$/s),
    ]);
    expect(blocks[2]?.text).toBe(`asked ${HOSTILE}`);
  });

  it('shows the one text that a task of output_type loglikelihood scores as the right answer, once and not as a choice', async () => {
    const yaml = YAML.replace('generate_until', 'loglikelihood');
    const blocks = blocksOf(await pageOf(await previews('/v1/completions', 0, yaml)));
    expect(blocks.map(({ kind, label, text }) => [kind, label, text])).toEqual([
      ['turn', undefined, `Sys <b>asked ${HOSTILE}`],
      ['text', 'right answer, scored after the prompt', 'answer <i>'],
      ['fold', 'data as sent', undefined],
    ]);
  });

  it('tells of tasks that are not shown, and why', async () => {
    const error = { code: 'UnsupportedTask', message: 'it <b>loads</b> pages' };
    const page = (await Array.fromAsync(previewPage([], [{ task: 'other', error }]))).join('');
    expect(page).toContain('other is not shown. UnsupportedTask: it &lt;b&gt;loads&lt;/b&gt; pages');
  });
});
