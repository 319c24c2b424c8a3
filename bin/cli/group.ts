import { Command } from 'commander';

/** A command that only holds others; alone it shows its help, as wrong usage. */
export function group(name: string, description: string, commands: readonly Command[]): Command {
  const command = new Command(name).description(description);
  for (const child of commands) command.addCommand(child);
  return command;
}

/** Text below a command's help: lines of examples. */
export function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ sampler ${line}`).join('\n')}`;
}
