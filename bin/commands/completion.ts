import { Argument, Command } from 'commander';
import { completionFor, SHELLS, type Shell } from '../cli/completion.ts';
import { examples } from '../cli/group.ts';
import { jsonOption, optionsOf, withJson } from '../cli/options.ts';
import { print } from '../cli/output.ts';

/** `sampler completion`: what a shell needs to complete the commands. */
export function completionCommand(program: () => Command): Command {
  const command = new Command('completion')
    .description('write what a shell needs to complete these commands and their options')
    .addArgument(new Argument('<shell>', 'which shell').choices(SHELLS))
    .addHelpText(
      'after',
      examples(
        'completion bash >> ~/.bashrc',
        'completion zsh >> ~/.zshrc',
        'completion fish > ~/.config/fish/completions/sampler.fish',
      ),
    );
  return withJson(command).action((shell: Shell) => {
    const { json } = optionsOf(jsonOption, command);
    const text = completionFor(shell, program());
    print(json, { shell, completion: text }, () => text);
  });
}
