import { once } from 'node:events';

/** Resolves when the run is to end: by a signal, or as the script that started it is gone. */
export async function endOfRun(): Promise<string> {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const asked = signals.map((signal) => once(process, signal).then(() => `asked to stop (${signal})`));
  const orphaned = process.connected ? [once(process, 'disconnect').then(() => 'asked to stop (npm is gone)')] : [];
  const why = await Promise.race([...asked, ...orphaned]);
  // Told once is enough, except by a person who does not want to wait.
  for (const signal of signals) process.on(signal, () => signal === 'SIGINT' && process.exit(130));
  return why;
}
