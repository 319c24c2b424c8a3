import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Milliseconds of processor time by who used it: a server, the process of the emulators, a function. */
export type CpuByRole = ReadonlyMap<string, number>;

const TICK_MS = 1000 / Number(execFileSync('getconf', ['CLK_TCK']).toString());
/** Where the bundled functions run, by what their command line holds. */
const INSTANCE = /lambda-instance\.ts.*"functionName":"[^"]*-([a-z]+)"/;

/**
 * What the processes of the stack that listens on these ports have used so far, with those that they started: `mongodb`, `postgres`,
 * `stack` (the stack itself: queues, bucket, and what polls them and calls functions) and each function by its name.
 */
export function readCpu(env: Readonly<Record<string, string | undefined>>): CpuByRole {
  const roots = new Map([
    [listener(env['MONGODB_URI']), 'mongodb'],
    [listener(env['POSTGRES_URI']), 'postgres'],
    [listener(env['AWS_ENDPOINT_URL']), 'stack'],
  ]);
  const all = processes();
  const used = new Map<string, number>();
  for (const { pid, ownMs } of all.values()) {
    const role = roleOf(pid, all, roots);
    if (role !== undefined) used.set(role, (used.get(role) ?? 0) + ownMs);
  }
  return used;
}

/** Resident memory of the stack's functions and of the stack itself, in MB. */
export function readMemory(env: Readonly<Record<string, string | undefined>>): ReadonlyMap<string, number> {
  const roots = new Map([
    [listener(env['MONGODB_URI']), 'mongodb'],
    [listener(env['AWS_ENDPOINT_URL']), 'stack'],
  ]);
  const all = processes();
  const largest = new Map<string, number>();
  for (const { pid } of all.values()) {
    const role = roleOf(pid, all, roots);
    if (role !== undefined) largest.set(role, Math.max(largest.get(role) ?? 0, residentMb(pid)));
  }
  return largest;
}

/** What was used between two readings, divided among so many requests. */
export function cpuEach(before: CpuByRole, after: CpuByRole, requests: number): CpuByRole {
  return new Map([...after].map(([role, ms]) => [role, (ms - (before.get(role) ?? 0)) / requests]));
}

interface Process {
  readonly pid: number;
  readonly parent: number;
  /** With its children that have ended. */
  readonly ownMs: number;
  readonly command: string;
}

function processes(): Map<number, Process> {
  const found = new Map<number, Process>();
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
      // What stands behind the program's name, which may hold anything.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const [user = 0, system = 0, endedUser = 0, endedSystem = 0] = fields.slice(11, 15).map(Number);
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      const ownMs = (user + system + endedUser + endedSystem) * TICK_MS;
      found.set(pid, { pid, parent: Number(fields[1]), ownMs, command });
    } catch {
      // It has just ended.
    }
  }
  return found;
}

/** What a process is part of: its own role where it has one, else the first of those that started it. */
function roleOf(
  pid: number,
  all: ReadonlyMap<number, Process>,
  roots: ReadonlyMap<number | undefined, string>,
): string | undefined {
  for (let at = all.get(pid); at !== undefined; at = all.get(at.parent)) {
    const role = roots.get(at.pid) ?? INSTANCE.exec(at.command)?.[1];
    if (role === 'stack' && at.pid !== pid) return undefined;
    if (role !== undefined) return role;
  }
  return undefined;
}

function residentMb(pid: number): number {
  const resident = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
  return Number(resident ?? 0) / 1024;
}

/** The process that listens on the port of an address of this machine. */
function listener(address: string | undefined): number | undefined {
  const port = Number(new URL(address ?? '').port);
  const ending = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const LISTENS = '0A';
  const inodes = ['/proc/net/tcp', '/proc/net/tcp6']
    .flatMap((file) => readFileSync(file, 'latin1').split('\n'))
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) => state === LISTENS && local?.endsWith(ending))
    .map((fields) => `socket:[${fields[9]}]`);
  const owners = readdirSync('/proc').filter((name) => holdsOne(name, inodes));
  return Math.min(...owners.map(Number));
}

function holdsOne(pid: string, inodes: readonly string[]): boolean {
  if (!/^\d+$/.test(pid)) return false;
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => inodes.includes(readlinkSync(`/proc/${pid}/fd/${fd}`)));
  } catch {
    return false;
  }
}
