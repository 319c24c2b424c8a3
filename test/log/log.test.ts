import { expect, it } from 'vitest';
import { Logger, parseLogLevel } from '../../lib/log/log.ts';
import { redact } from '../../lib/log/redact.ts';

const HEAD = { level: 'INFO', timestamp: expect.any(String), service: 'sampler', sampling_rate: 0 };

function recorder(level: 'debug' | 'info' | 'warn' | 'error') {
  const lines: string[] = [];
  const log = new Logger(level, {}, (line) => lines.push(line));
  return { log, lines, entries: () => lines.map((line): unknown => JSON.parse(line)) };
}

it('writes one JSON object a line, with the fields of the logger and of the call', () => {
  const { log, entries } = recorder('info');
  log.with({ requestId: 'r1' }).info('sampled', { task: 'gsm8k', count: 3 });
  expect(entries()).toEqual([{ ...HEAD, message: 'sampled', requestId: 'r1', task: 'gsm8k', count: 3 }]);
});

it('leaves out what is below its level', () => {
  const { log, lines } = recorder('warn');
  log.debug('a');
  log.info('b');
  log.warn('c');
  log.error('d');
  expect(lines).toHaveLength(2);
});

it('never lets a field take the place of the message or the level', () => {
  const { log, entries } = recorder('info');
  log.with({ service: 'x' }).info('true message', { message: 'false', level: 'error', timestamp: 'never' });
  expect(entries()).toEqual([{ ...HEAD, message: 'true message' }]);
});

it('masks passwords of URIs, wherever they are', () => {
  const { log, lines } = recorder('info');
  const uri = 'postgresql://user:s3cr%40t@db.example:5432/x';
  log.info(`could not reach ${uri}`, { uri, error: new Error(`refused: ${uri}`), list: [uri] });
  expect(lines.join()).not.toContain('s3cr');
  expect(lines.join()).toContain('postgresql://user:***@db.example:5432/x');
});

it('keeps addresses without a password as they are', () => {
  const text = 'http://127.0.0.1:4566/000000000000/q and mongodb://127.0.0.1:27017/db?x=a@b';
  expect(redact(text)).toBe(text);
});

it('writes errors with their causes, big integers and maps', () => {
  const { log, entries } = recorder('info');
  const error = new Error('outer', { cause: new TypeError('inner') });
  log.error('failed', { error, big: 12345678901234567890n, map: new Map([['a', 1]]) });
  expect(entries()).toMatchObject([
    {
      error: { name: 'Error', message: 'outer', cause: { name: 'TypeError', message: 'inner' } },
      big: '12345678901234567890',
      map: { a: 1 },
    },
  ]);
});

it('still writes the message when a field cannot be written', () => {
  const { log, entries } = recorder('info');
  const cycle: Record<string, unknown> = { name: 'round' };
  cycle['self'] = cycle;
  log.info('kept', { cycle });
  const bad = {
    toJSON() {
      throw new Error('no');
    },
  };
  log.info('kept too', { bad });
  expect(entries()).toMatchObject([
    { message: 'kept', cycle: { name: 'round' } },
    { message: 'kept too', unloggable: 'Error: no' },
  ]);
});

it.each([
  ['INFO', 'info'],
  ['warning', 'warn'],
  ['CRITICAL', 'error'],
  ['Error', 'error'],
  ['DEBUG', 'debug'],
])('takes the level name %s', (name, level) => {
  expect(parseLogLevel(name)).toBe(level);
});

it.each(['', 'loud', 'constructor', '__proto__'])('knows no level %j', (name) => {
  expect(parseLogLevel(name)).toBeUndefined();
});
