import { describe, expect, it } from 'vitest';
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

async function previews(path: string, numFewshot: number): Promise<Preview[]> {
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
  const catalogue = withRoot(empty, 'own', buildIndex(new Map([['h.yaml', Buffer.from(YAML)]]), 'include/own'));
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

/** The texts of a page's preformatted parts, read as a browser does. */
function shownTexts(page: string): string[] {
  return [...page.matchAll(/<pre[^>]*>\n([^<]*)<\/pre>/g)].map(([, text = '']) =>
    text
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&quot;', '"')
      .replaceAll('&#39;', "'")
      .replaceAll('&#13;', '\r')
      .replaceAll('&amp;', '&'),
  );
}

describe('a page of prompts', () => {
  it('holds nothing but text of tasks and data: no tag, script or address of theirs, and no other page', async () => {
    const shown = await previews('/v1/chat/completions', 1);
    const page = previewPage(shown);
    const tags = [...page.matchAll(/<\/?([a-zA-Z!][^\s>]*)([^>]*)>/g)];
    const known = 'html head meta title style body h1 h2 nav a article p div pre details summary !doctype'.split(' ');
    expect(tags.filter(([, name = '']) => !known.includes(name)).map(([tag]) => tag)).toEqual([]);
    expect(tags.filter(([, , attributes = '']) => /\son\w+=|src=|href="(?!#)/.test(attributes))).toEqual([]);
    expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
    expect(page).not.toMatch(/[^\P{Cc}\n\t]/u);
  });

  it('shows each turn and the data as they are sent, the worked examples folded', async () => {
    const shown = await previews('/v1/chat/completions', 1);
    const page = previewPage(shown);
    const [instance] = shown[0]?.instances ?? [];
    const printable = (text: string) => text.replaceAll('\u0007', '\\u0007');
    const all = shownTexts(page);
    expect(all[0]).toBe('Sys <b>');
    expect(all[1]).toMatch(/^(first|second) /);
    expect(all.slice(2, 4)).toEqual(['answer <i>', printable(`asked ${HOSTILE}`)]);
    expect(all.at(-1)).toBe(printable(instance?.data ?? ''));
    expect(page).toMatch(/<details><summary>1 worked example<\/summary>\n<div class="role">user<\/div>/);
  });

  it('shows a prompt of the completions path as one text', async () => {
    const [first, ...others] = shownTexts(previewPage(await previews('/v1/completions', 0)));
    expect(first).toContain('Sys <b>asked </pre><script>');
    expect(others).toHaveLength(2);
  });
});
