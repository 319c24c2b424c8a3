import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { changesOf, lockTask } from '../../lib/audit/lock.ts';
import { readLock, writeLock } from '../../lib/audit/lock-file.ts';
import { previewTask } from '../../lib/preview/preview.ts';
import { errorOf } from '../helpers/error-of.ts';
import { everything, ownTask, type Row } from './own-task.ts';

const CHAT = '/v1/chat/completions';
const ROWS: readonly Row[] = ['Burkina Faso', 'Bhutan', 'Suriname'].map((country, i) => ({ country, number: i + 1 }));
const YAML = 'doc_to_text: "{{12 // number}}: where is {{country}}?"\ndoc_to_target: "x"\n';

async function locked(rows = ROWS, yaml = YAML, before?: Parameters<typeof lockTask>[4]) {
  const { services, entry } = await ownTask(yaml, rows);
  return lockTask(services, everything(CHAT), entry, { numFewshot: '0' }, before);
}

describe('a lock', () => {
  it('has the hash of each prompt as it is sent, and reads back as it was written', async () => {
    const { services, entry } = await ownTask(YAML, ROWS);
    const { instances } = await previewTask(services, everything(CHAT), entry, 0n);
    const { now } = await locked();
    const expected = instances.map(({ docId, data }) => [
      docId,
      createHash('sha256')
        .update(JSON.stringify([data]))
        .digest('hex')
        .slice(0, 16),
    ]);
    expect([...now.documents]).toEqual(expected);
    const text = writeLock([now, { ...now, task: 'other' }]);
    expect(readLock('prompts.lock', text)).toEqual([now, { ...now, task: 'other' }]);
    expect(text.split('\n').slice(0, 5)).toEqual(['prompts.lock 2', '', 'task own', `path ${CHAT}`, 'resolved own']);
    expect(readLock('prompts.lock', text.replaceAll('\n', '\r\n'))).toHaveLength(2);
    expect(readLock('prompts.lock', `\ufeff${text}`)).toHaveLength(2);
  });

  it('that is cut off between two tasks, or anywhere else, is refused; one of the first form, without a last line, is read', async () => {
    const { now } = await locked();
    const lines = writeLock([now, { ...now, task: 'other' }]).split('\n');
    for (let kept = 1; kept < lines.length - 1; kept++) {
      const cut = `${lines.slice(0, kept).join('\n')}\n`;
      expect(errorOf(() => readLock('prompts.lock', cut)).message, cut).toMatch(/prompts\.lock, line \d+: /);
    }
    const first = lines.with(0, 'prompts.lock 1').slice(0, -2).join('\n');
    expect(readLock('prompts.lock', first)).toHaveLength(2);
    expect(errorOf(() => readLock('prompts.lock', [...lines, 'task more'].join('\n'))).message).toContain(
      'follows its end',
    );
  });

  it('whose hash alone was edited says so', async () => {
    const { now } = await locked();
    const edited = { ...now, hash: '0'.repeat(64) };
    expect(changesOf(edited, now)).toMatchObject({ facts: [{ name: 'hash', locked: edited.hash, now: now.hash }] });
  });

  it('is the same for the same task and data, whoever renders it', async () => {
    const before = (await locked()).now;
    const { now, first } = await locked(ROWS, YAML, before);
    expect([first, changesOf(before, now)]).toEqual([null, null]);
  });

  it('shows the first document that differs, as it is now, and counts the others', async () => {
    const before = (await locked()).now;
    const rows = [
      ROWS[0] ?? {},
      { country: 'Bhutan!', number: 2 },
      { country: 'Suriname', number: 4 },
      { country: 'Chad', number: 1 },
    ];
    const { now, first } = await locked(rows, YAML, before);
    // A training split of as many rows comes before these.
    const changed = changesOf(before, now);
    expect(changed).toMatchObject({ facts: [{ name: 'data' }, { name: 'plan' }] });
    expect(first?.instances[0]?.data ?? '').toContain('where is');
    const { now: worded, first: second } = await locked(ROWS, YAML.replace('where is', 'Where is'), before);
    expect(second).toMatchObject({ docId: 3, locked: before.documents.get(3), now: worded.documents.get(3) });
    expect(changesOf(before, worded)).toMatchObject({ facts: [{ name: 'plan' }], changed: 3, added: 0, removed: 0 });
  });

  it('keeps why a document fails, as a document that fails is a difference as well', async () => {
    const { now } = await locked([...ROWS, { country: 'Chad', number: 0 }]);
    expect([...now.documents.values()].at(-1)).toBe('!TemplateFailed');
    expect(readLock('prompts.lock', writeLock([now]))).toEqual([now]);
  });

  it.each([
    ['another file', 'x', /line 1: it has to begin with/],
    ['a file with a conflict', 'prompts.lock 1\n\n<<<<<<< ours\ntask a\n', /line 3: "task" is expected/],
    ['a lock cut short', 'prompts.lock 1\n\ntask a\npath b\n', /line 5: "resolved" is expected/],
  ])('of %s is refused, naming the line', (_, text, reason) => {
    expect(errorOf(() => readLock('prompts.lock', text)).message).toMatch(reason);
  });
});
