import { expect, it, vi } from 'vitest';
import { stderrLog } from '../../bin/cli/session.ts';

it('the log of a command is plain lines on standard error, from warnings on, and without passwords', () => {
  const written: string[] = [];
  const spies = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((text) => written.push(`${name} ${text}`) > 0),
  );
  const log = stderrLog().with({ task: 'gsm8k' });
  log.info('not told');
  log.warn('told', { count: 2, where: 'postgres://me:secret@host/db' });
  for (const spy of spies) spy.mockRestore();
  expect(written).toEqual(['stderr warn: told (task gsm8k, count 2, where postgres://me:***@host/db)\n']);
});
