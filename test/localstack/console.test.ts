import { describe, expect, it } from 'vitest';
import { peopleConsole, rawConsole } from '../../localstack/console.ts';

const AT = '2026-01-01T10:00:00.000Z';
const ID = '60c5e86a-156c-4d99-98be-d41bca3f8efc';

/** A log line as Powertools writes it. */
const log = (message: string, fields: object = {}, level = 'INFO') =>
  JSON.stringify({ level, message, timestamp: AT, service: 'sampler', requestId: ID, ...fields });
/** A line of metrics. */
const metrics = (fields: object, requestId: string | undefined = ID) =>
  JSON.stringify({ _aws: { Timestamp: Date.parse(AT) }, service: 'sampler', requestId, ...fields });

function shown(colours: boolean, lines: readonly (readonly [string, string])[]): string[] {
  const out: string[] = [];
  const people = peopleConsole((line) => out.push(line), colours);
  for (const [name, line] of lines) people.take(name, line);
  return out;
}

describe('the console of npm start', () => {
  it('has one line for a request of several tasks, with its outcome and time', () => {
    const lines = shown(false, [
      ['sample', log('request planned', { plan: 'p1', task: 'one', shards: 1, supplier: 'someone' })],
      ['sample', log('request planned', { plan: 'p2', task: 'two', shards: 1, supplier: 'someone' })],
      ['sample', metrics({ MessageDuration: 1500, MessagesDone: 1 })],
      ['shard', log('shard written', { plan: 'p1', task: 'one', instances: 5 })],
      ['shard', log('task complete', { plan: 'p1', task: 'one', instances: 5 })],
      ['shard', metrics({ MessageDuration: 10, MessagesDone: 1 })],
      ['shard', log('task complete', { plan: 'p2', task: 'two', instances: 1 })],
    ]);
    expect(lines).toEqual([
      expect.stringMatching(
        /^\d\d:\d\d:\d\d ✓ sample +1\.5 s {2}one and 1 other task for someone: 6 instances written {2}60c5e86a/,
      ),
    ]);
  });

  it('has one for a registered data set and for a task that was scored', () => {
    const lines = shown(false, [
      ['register', log('registered a data set', { task: 'one', table: 'own/one', outcome: 'loaded' })],
      ['register', metrics({ MessageDuration: 441.7, MessagesDone: 1 })],
      ['evaluate', log('task evaluated', { task: 'one', documents: 15, failed: 2 })],
      ['evaluate', metrics({ MessageDuration: 254, MessagesDone: 1 })],
    ]);
    expect(lines.map((line) => line.slice(9))).toEqual([
      expect.stringMatching(/^✓ register +442 ms {2}one: loaded \(own\/one\)/),
      expect.stringMatching(/^✓ evaluate +254 ms {2}one: 15 documents scored, 2 failed/),
    ]);
  });

  it('names an evaluate message by its task, under which its outcome stands', () => {
    const taskId = '4a204e486fef3dfded887100';
    const lines = shown(false, [
      ['evaluate', log('task evaluated', { task: 'one', documents: 15, taskId })],
      ['evaluate', metrics({ MessageDuration: 254, MessagesDone: 1 })],
      ['evaluate', log('message failed', { code: 'NotDone', error: 'waits', retryInSeconds: 2, taskId }, 'WARN')],
      ['evaluate', log('the task can not be evaluated', { code: 'SandboxFailed', error: 'raised', taskId }, 'ERROR')],
    ]);
    expect(lines.map((line) => line.split('  ').at(-1))).toEqual([taskId, taskId, taskId]);
  });

  it('is for people also where several messages are done together, and where a message lists its tasks', () => {
    const lines = shown(false, [
      ['sample', metrics({ MessageDuration: [5, 5], MessagesDone: [1, 1] }, undefined)],
      ['shard', metrics({ MessageDuration: [5, 5], MessagesDone: [1, 1], MessagesNotBegun: [1, 1] })],
      ['evaluate', log('task evaluated', { task: 'one', documents: 1 })],
      ['evaluate', metrics({ MessageDuration: [5, 7], MessagesDone: [1, 1] })],
      ['sample', log('message refused', { tasks: ['one', 'two'], code: 'UnknownTask', error: 'No such' }, 'ERROR')],
    ]);
    expect(lines.map((line) => line.slice(9))).toEqual([
      expect.stringMatching(/^✓ evaluate +7 ms {2}one: 1 document scored/),
      expect.stringMatching(/^✗ sample +one and 1 other task: UnknownTask: No such/),
    ]);
  });

  it('says what is refused and what is tried again, and why', () => {
    const lines = shown(false, [
      [
        'sample',
        log(
          'message failed; it will be delivered again',
          { tasks: 'one', code: 'NotRegistered', error: 'no table', retryInSeconds: 2 },
          'WARN',
        ),
      ],
      [
        'sample',
        log(
          'message refused; it goes to the dead-letter queue',
          { tasks: 'one', code: 'UnknownTask', error: 'No such task' },
          'ERROR',
        ),
      ],
    ]);
    expect(lines.map((line) => line.slice(9))).toEqual([
      expect.stringMatching(/^… sample +one: NotRegistered: no table \(again in 2 s\)/),
      expect.stringMatching(/^✗ sample +one: UnknownTask: No such task/),
    ]);
  });

  it('is silent about a sweep that did nothing and about metrics, and shows what is no JSON as it is', () => {
    const lines = shown(false, [
      ['sweep', metrics({ RequestsExpired: 0, RequestsSwept: 0 }, undefined)],
      ['sweep', metrics({ RequestsExpired: 1, RequestsSwept: 0 }, undefined)],
      ['shard', 'sampler-local-shard timed out'],
    ]);
    expect(lines).toEqual([expect.stringContaining('requests expired 1'), 'shard: sampler-local-shard timed out']);
  });

  it('has colours where it is told to, and none otherwise', () => {
    const refused = [['sample', log('x', { code: 'BadMessage', error: 'y' }, 'ERROR')]] as const;
    expect(shown(true, refused).join()).toContain('\u001b[31m✗');
    expect(shown(false, refused).join()).not.toContain('\u001b');
  });

  it('gives machines a JSON object a line: what functions log as it is, and other lines with their function', () => {
    const out: string[] = [];
    const shown = rawConsole((line) => out.push(line));
    shown.take('shard', log('shard written'));
    shown.take('shard', 'ran out of memory');
    expect(out).toEqual([log('shard written'), '{"function":"shard","message":"ran out of memory"}']);
  });
});
