import { type ChildProcess, spawn } from 'node:child_process';

/**
 * Knows of processes by lines `+ pid` and `- pid`, and kills those that are left when its standard input closes, which
 * the system does however this process ends.
 */
const GUARD = `
  pids=
  while read -r sign pid; do
    if [ "$sign" = + ]; then pids="$pids $pid"; continue; fi
    left=
    for known in $pids; do [ "$known" = "$pid" ] || left="$left $known"; done
    pids=$left
  done
  [ -z "$pids" ] || kill -s KILL $pids 2>/dev/null
`;

let guard: ChildProcess | undefined;

/**
 * Ends a child process when this process is gone, even when it was killed and the child is in a loop that sees no signal:
 * one guard, in a shell, watches over all of them.
 */
export function endWithThisProcess(child: ChildProcess): void {
  const { pid } = child;
  if (pid === undefined) return;
  tell(`+ ${pid}`);
  child.once('exit', () => tell(`- ${pid}`));
}

function tell(line: string): void {
  guard ??= startGuard();
  guard.stdin?.write(`${line}\n`);
}

function startGuard(): ChildProcess {
  // Of its own group, as Ctrl-C would end it too early; this process does not wait for it.
  const started = spawn('/bin/sh', ['-c', GUARD], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  started.on('error', () => {});
  started.stdin?.on('error', () => {});
  started.unref();
  if (started.stdin && 'unref' in started.stdin && typeof started.stdin.unref === 'function') started.stdin.unref();
  return started;
}
