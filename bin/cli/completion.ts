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

/** The commands by their words, in quotes. */
function pathsOf(all: readonly Completed[]): string {
  return all.flatMap(({ path }) => (path === '' ? [] : [`'${path}'`])).join(' ');
}

/** Branches of a `case` over a command and one of its options: the values that the option can only have. */
function valueCases(all: readonly Completed[], variable: string, [open, close]: readonly [string, string]): string {
  return all
    .flatMap(({ path, options }) =>
      options
        .filter(({ choices }) => choices.length > 0)
        .map(({ long, choices }) => `    '${path} ${long}') ${variable}=${open}${choices.join(' ')}${close} ;;`),
    )
    .join('\n');
}

/** `npx sampler` and `sampler` alike: words before the command's name are passed over. */
function bash(all: readonly Completed[]): string {
  const cases = all.map((command) => `    '${command.path}') words='${wordsOf(command)}' ;;`);
  return `# bash completion of sampler; for this shell: source <(npx sampler completion bash)
_sampler() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" path='' words='' i=0 next known
  while [ "$i" -lt "$COMP_CWORD" ] && [ "\${COMP_WORDS[$i]##*/}" != sampler ]; do i=$((i+1)); done
  for ((i=i+1; i<COMP_CWORD; i++)); do
    next="\${path:+$path }\${COMP_WORDS[$i]}"
    for known in ${pathsOf(all)}; do [ "$known" = "$next" ] && path="$next"; done
  done
  case "$path $before" in
${valueCases(all, 'words', ["'", "'"]) || "    '') ;;"}
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
    return `    '${path}') words_of=(${words.join(' ')}); flags=(${flags.join(' ')}) ;;`;
  });
  return `#compdef sampler
# zsh completion of sampler; for this shell: source <(npx sampler completion zsh)
_sampler() {
  local path_here='' next known i
  local -a words_of flags values
  for ((i=2; i<CURRENT; i++)); do
    next="\${path_here:+$path_here }\${words[$i]}"
    for known in ${pathsOf(all)}; do [[ "$known" == "$next" ]] && path_here="$next"; done
  done
  case "$path_here \${words[CURRENT-1]}" in
${valueCases(all, 'values', ['(', ')']) || "    '') ;;"}
  esac
  if (( \${#values} )); then compadd -- "\${values[@]}"; return; fi
  case "$path_here" in
${cases.join('\n')}
  esac
  if [[ "\${words[CURRENT]}" == -* ]]; then _describe -o 'option' flags
  elif (( \${#words_of} )); then _describe 'command' words_of
  else _files; fi
}
_sampler_npx() {
  if [[ "\${words[2]}" == sampler ]] && (( CURRENT > 2 )); then shift words; (( CURRENT-- )); _sampler
  else compadd -- sampler || _files; fi
}
compdef _sampler sampler
compdef _sampler_npx npx
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
      ...(commands.length + choices.length > 0 ? [`complete -c sampler -f ${when}`] : []),
      ...commands.map(({ name, what }) => `complete -c sampler -f ${when} -a ${name} -d ${quoted(what)}`),
      ...choices.map((name) => `complete -c sampler -f ${when} -a ${name}`),
      ...options.map(
        ({ long, what, choices: values }) =>
          `complete -c sampler ${when} -l ${long.slice(2)} -d ${quoted(what)}${values.length > 0 ? ` -xa '${values.join(' ')}'` : ''}`,
      ),
    ];
  });
  return `# fish completion of sampler: npx sampler completion fish > ~/.config/fish/completions/sampler.fish
function __sampler_at
  set -l path ''
  for word in (commandline -opc)[2..-1]
    set -l next (string trim -- "$path $word")
    if contains -- $next ${pathsOf(all)}
      set path $next
    end
  end
  test "$path" = "$argv[1]"
end
${lines.join('\n')}
complete -c npx -n 'test (count (commandline -opc)) -eq 1' -a sampler
complete -c npx -f -n 'test "$(commandline -opc)[2]" = sampler' -a '(complete -C (string replace -r "^\\s*npx\\s+" "" -- (commandline -cp)))'
`;
}

/** A text that no shell reads anything into. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", '’')}'`;
}
