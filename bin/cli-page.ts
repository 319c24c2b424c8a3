import type { Command } from 'commander';
import { EXIT, EXIT_CODES } from './cli/exit.ts';
import { createProgram } from './program.ts';

/** What every command has. */
const COMMON = new Set(['--json', '--quiet', '--verbose']);

/** The part of docs/cli.md that the commands themselves tell: exit codes, and every command with its arguments and options. */
export function commandsSection(): string {
  return [
    '| exit code | name | |\n|---|---|---|',
    ...EXIT_CODES.map(([name, what]) => `| ${EXIT[name]} | ${name} | ${what} |`),
    '',
    '`--json`, `--quiet`, `--verbose` and `--help` are options of every command; the middle two may also stand before it.',
    ...commandsOf(createProgram(), '').flatMap(section),
  ].join('\n');
}

function commandsOf(command: Command, path: string): { path: string; command: Command }[] {
  return command.commands.flatMap((child) => {
    const name = `${path} ${child.name()}`.trim();
    return child.commands.length > 0 ? commandsOf(child, name) : [{ path: name, command: child }];
  });
}

function section({ path, command }: { path: string; command: Command }): string[] {
  const named = command.registeredArguments.map((argument) => {
    const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
    return { name: argument.required ? `<${name}>` : `[${name}]`, what: argument.description };
  });
  const options = command.options.filter(({ long }) => !COMMON.has(long ?? ''));
  const rows = [
    ...named.map(({ name, what }) => [name, what]),
    ...options.map(({ flags, description, defaultValue, argChoices }) => {
      const told = argChoices ? ` (${argChoices.join(', ')})` : '';
      return [flags, `${description}${told}${typeof defaultValue === 'string' ? ` (default: ${defaultValue})` : ''}`];
    }),
  ];
  const usage = ['sampler', path, ...named.map(({ name }) => name)].join(' ');
  return [
    '',
    `#### ${usage.replace(/[<>[\]]/g, '').replaceAll('...', '')}`,
    '',
    `\`npx ${usage}\`: ${command.description()}.`,
    ...(rows.length === 0
      ? []
      : ['', '| | |', '|---|---|', ...rows.map((row) => `| \`${cell(row[0])}\` | ${cell(row[1])} |`)]),
  ];
}

function cell(text = ''): string {
  return text.replaceAll('|', '\\|');
}
