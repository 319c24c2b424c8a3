import type { Command } from 'commander';

/** Shells that a completion can be written for. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;
/** One of them. */
export type Shell = (typeof SHELLS)[number];

/** A command as completion knows it. */
interface Completed {
  /** `stage datasets`; empty for the program itself. */
  readonly path: string;
  readonly commands: readonly { readonly name: string; readonly what: string }[];
  readonly options: readonly { readonly long: string; readonly what: string; readonly choices: readonly string[] }[];
  /** Values that an argument can only have. */
  readonly choices: readonly string[];
}

/** The completion of the program's commands and options for a shell, made from the commands themselves. */
export function completionFor(shell: Shell, program: Command): string {
  const all = completed(program, '');
  if (shell === 'bash') return bash(all);
  return shell === 'zsh' ? zsh(all) : fish(all);
}

function completed(command: Command, path: string): Completed[] {
  const commands = command.commands.map((child) => ({ name: child.name(), what: child.description() }));
  const options = [
    ...command.options.map(({ long, description, argChoices }) => ({
      long: long ?? '',
      what: description,
      choices: argChoices ?? [],
    })),
    { long: '--help', what: 'tell what it takes', choices: [] },
  ];
  const choices = command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []);
  const below = command.commands.flatMap((child) => completed(child, `${path} ${child.name()}`.trim()));
  return [{ path, commands, options, choices }, ...below];
}

function wordsOf({ commands, choices, options }: Completed): string {
  return [...commands.map(({ name }) => name), ...choices, ...options.map(({ long }) => long)].join(' ');
}

/** `npx sampler` and `sampler` alike: words before the command's name are passed over. */
function bash(all: readonly Completed[]): string {
  const cases = all.map((command) => `    '${command.path}') words='${wordsOf(command)}' ;;`);
  const values = all.flatMap(({ path, options }) =>
    options
      .filter(({ choices }) => choices.length > 0)
      .map(({ long, choices }) => `    '${path} ${long}') words='${choices.join(' ')}' ;;`),
  );
  const paths = all.flatMap(({ path }) => (path === '' ? [] : [`'${path}'`]));
  return `# bash completion of sampler; for this shell: source <(npx sampler completion bash)
_sampler() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" path='' words='' i=0 next known
  while [ "$i" -lt "$COMP_CWORD" ] && [ "\${COMP_WORDS[$i]##*/}" != sampler ]; do i=$((i+1)); done
  for ((i=i+1; i<COMP_CWORD; i++)); do
    next="\${path:+$path }\${COMP_WORDS[$i]}"
    for known in ${paths.join(' ')}; do [ "$known" = "$next" ] && path="$next"; done
  done
  case "$path $before" in
${values.join('\n') || "    '') ;;"}
  esac
  if [ -z "$words" ]; then case "$path" in
${cases.join('\n')}
  esac; fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
_sampler_npx() {
  if [ "\${COMP_WORDS[1]}" = sampler ]; then _sampler; else COMPREPLY=($(compgen -W 'sampler' -- "\${COMP_WORDS[COMP_CWORD]}")); fi
}
complete -o default -F _sampler sampler
complete -o default -F _sampler_npx npx
`;
}

function zsh(all: readonly Completed[]): string {
  const cases = all.map(({ path, commands, options, choices }) => {
    const words = [...commands, ...choices.map((name) => ({ name, what: '' }))].map(({ name, what }) =>
      described(name, what),
    );
    const flags = options.map(({ long, what }) => described(long, what));
    return `    '${path}') words=(${words.join(' ')}); flags=(${flags.join(' ')}) ;;`;
  });
  const paths = all.flatMap(({ path }) => (path === '' ? [] : [`'${path}'`]));
  return `#compdef sampler
# zsh completion of sampler; for this shell: source <(npx sampler completion zsh)
_sampler() {
  local path_here='' next known i
  local -a words_of flags words_typed
  words_typed=("\${words[@]}")
  for ((i=2; i<CURRENT; i++)); do
    next="\${path_here:+$path_here }\${words_typed[$i]}"
    for known in ${paths.join(' ')}; do [[ "$known" == "$next" ]] && path_here="$next"; done
  done
  case "$path_here" in
${cases.join('\n').replaceAll(' words=(', ' words_of=(')}
  esac
  _describe 'command' words_of
  _describe 'option' flags
  _files
}
compdef _sampler sampler
`;
}

/** \`name:what\` as zsh reads it, in quotes. */
function described(name: string, what: string): string {
  return quoted(`${name}${what === '' ? '' : `:${what.replaceAll(':', '\\:')}`}`);
}

function fish(all: readonly Completed[]): string {
  const lines = all.flatMap(({ path, commands, options, choices }) => {
    const when = `-n '__sampler_at ${JSON.stringify(path)}'`;
    return [
      ...commands.map(({ name, what }) => `complete -c sampler -f ${when} -a ${name} -d ${quoted(what)}`),
      ...choices.map((name) => `complete -c sampler -f ${when} -a ${name}`),
      ...options.map(
        ({ long, what, choices: values }) =>
          `complete -c sampler ${when} -l ${long.slice(2)} -d ${quoted(what)}${values.length > 0 ? ` -xa '${values.join(' ')}'` : ''}`,
      ),
    ];
  });
  const paths = all.flatMap(({ path }) => (path === '' ? [] : [`'${path}'`]));
  return `# fish completion of sampler: npx sampler completion fish > ~/.config/fish/completions/sampler.fish
function __sampler_at
  set -l path ''
  for word in (commandline -opc)[2..-1]
    set -l next (string trim -- "$path $word")
    if contains -- $next ${paths.join(' ')}
      set path $next
    end
  end
  test "$path" = "$argv[1]"
end
${lines.join('\n')}
`;
}

/** A text that no shell reads anything into. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", '’')}'`;
}
