import { spawn } from 'node:child_process';
import { chmodSync, closeSync, mkdirSync, openSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { writeFolder } from '../bin/own-tasks.ts';
import { SERVERLESS_LOCK } from '../helpers/serverless.ts';
import { type Block, ROOT } from './blocks.ts';

/** What a block of shell commands ended with. */
export interface Followed {
  readonly code: number | null;
  /** The commands, and the end of all that they printed. */
  readonly output: string;
}

/** Whoever does what the pages say, word for word, in a folder that looks like a clone as far as the commands see one. */
export class Reader {
  readonly folder: string;
  readonly #programs: string;
  #env: Record<string, string> = {};

  /** @param files by path: what the reader has besides, as the pages take for granted */
  constructor(files: Parameters<typeof writeFolder>[0]) {
    this.folder = writeFolder({ ...files, '.local/env': '' });
    this.#programs = join(this.folder, 'programs');
    mkdirSync(this.#programs);
    symlinkSync(join(ROOT, 'localstack'), join(this.folder, 'localstack'));
    // npx itself takes a second for each command, and would look for a package here.
    const bin = (...path: string[]) => `"${process.execPath}" "${join(ROOT, ...path)}" "$@"`;
    const npx = `#!/bin/sh
what="$1"; shift
case "$what" in
  sampler) SAMPLER_CWD="$PWD" exec ${bin('bin', 'sampler.ts')} ;;
  sls) cd "${ROOT}" && PATH="${join(ROOT, 'node_modules', '.bin')}:$PATH" exec flock "${SERVERLESS_LOCK}" ${bin('node_modules', 'osls', 'bin', 'serverless.js')} ;;
  *) echo "npx $what: not known here" >&2; exit 127 ;;
esac
`;
    writeFileSync(join(this.#programs, 'npx'), npx);
    chmodSync(join(this.#programs, 'npx'), 0o755);
  }

  /** What commands have as their environment from now on, besides the path. */
  live(env: Record<string, string>): void {
    const path = [this.#programs, dirname(process.execPath), process.env['PATH']].join(delimiter);
    this.#env = { ...env, PATH: path, HOME: this.folder };
  }

  /** Does what a block says, with its text as the reader fills it in. Only the last command counts where the block says so. */
  follow({ file, mark, page }: Block, text: string): Promise<Followed> {
    if (file === null) return this.bash(text, mark.endsWith('0 or 3') ? '-uc' : '-euc');
    const path = join(this.folder, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return Promise.resolve({ code: 0, output: `${page}: ${file} is written` });
  }

  /** Runs lines of a shell. */
  bash(text: string, options = '-euc'): Promise<Followed> {
    // A file, as a pipe of Node's is a socket, which /dev/stdout does not open.
    const file = join(this.folder, '.output');
    const out = openSync(file, 'w');
    const child = spawn('bash', [options, text], { cwd: this.folder, env: this.#env, stdio: ['ignore', out, out] });
    return new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code) => {
        closeSync(out);
        resolve({ code, output: `${text}\n${readFileSync(file, 'utf8').slice(-6000)}` });
      });
    });
  }
}
