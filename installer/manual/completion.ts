import { type CommandLine, HELP, type Option } from '#shared/cli/options.ts';

/** A value's name in the help that means a file or folder. */
const FILE_VALUES = /^(PATH|FILE|DIR)$/;
/** A value's name in the help that lists its words: "auto|off|fake:PATH". */
const WORD_VALUES = /^[a-z-]+(\|[a-z-]+:?)+/;

/** The words that a person types to reach each command line: "uga host qga" is `host qga` of the program `uga`. */
interface Line {
  readonly words: string;
  readonly options: readonly Option[];
  /** Words that can follow: of longer lines, and of the first positional. */
  readonly choices: readonly string[];
}

/**
 * A completion script for bash, in the form that bash-completion loads at the first Tab.
 *
 * @param positionals words for the first positional of a command line, by its name
 */
export function bashCompletion(
  program: string,
  commandLines: readonly CommandLine[],
  positionals: ReadonlyMap<string, readonly string[]>,
): string {
  const lines = linesOf(program, commandLines, positionals);
  const chosen = lines.filter(({ words }) => words !== '').map(({ words }) => pattern(words));
  const valued = lines.flatMap((line) =>
    line.options.filter(({ value }) => value !== undefined).map((option) => valueCase(line, option)),
  );
  return `# bash completion for ${program}, made from its tables of options.
_${program}() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD - 1]} line='' i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$line \${COMP_WORDS[i]}" in
      ${chosen.join(' | ')}) line+=" \${COMP_WORDS[i]}" ;;
      *) break ;;
    esac
  done
  case "$line $prev" in
${valued.join('\n')}
  esac
  local words=''
  case "$line$([[ $cur == -* ]] && echo ' -')" in
${lines.flatMap(wordCases).join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -F _${program} ${program}
`;
}

function linesOf(
  program: string,
  commandLines: readonly CommandLine[],
  positionals: ReadonlyMap<string, readonly string[]>,
): Line[] {
  const byWords = new Map(commandLines.map((line) => [line.name.slice(program.length).trim(), line]));
  const all = new Set(['', ...[...byWords.keys()].flatMap(beginnings)]);
  return [...all].map((words) => {
    const commandLine = byWords.get(words);
    const longer = [...all].filter((other) => other !== '' && parentOf(other) === words);
    const choices = positionals.get(commandLine?.name ?? '') ?? commandLine?.positionals[0]?.choices ?? [];
    return {
      words,
      options: [...(commandLine?.options ?? []), HELP].filter((option) => !option.unavailable),
      choices: [...new Set([...longer.map((other) => other.slice(words.length).trim()), ...choices])],
    };
  });
}

/** "host qga" -> "host", "host qga" */
function beginnings(words: string): string[] {
  const parts = words.split(' ');
  return parts.map((_, at) => parts.slice(0, at + 1).join(' '));
}

function parentOf(words: string): string {
  return words.split(' ').slice(0, -1).join(' ');
}

/** What `$line` holds once these words are typed. */
function pattern(words: string): string {
  return words === '' ? "''" : `' ${words}'`;
}

function valueCase({ words }: Line, option: Option): string {
  const line = words === '' ? '' : ` ${words}`;
  return `    ${spellings(option)
    .map((spelled) => `'${line} ${spelled}'`)
    .join(' | ')}) ${values(option)}return ;;`;
}

function values({ value = '' }: Option): string {
  const words = WORD_VALUES.exec(value)?.[0].split('|');
  if (words !== undefined) return `COMPREPLY=($(compgen -W '${words.join(' ')}' -- "$cur")); `;
  return FILE_VALUES.test(value) ? 'compopt -o filenames; COMPREPLY=($(compgen -f -- "$cur")); ' : '';
}

function wordCases({ words, options, choices }: Line): string[] {
  const switches = options.flatMap(spellings).join(' ');
  const line = words === '' ? '' : ` ${words}`;
  return [`    '${line}') words='${choices.join(' ')}' ;;`, `    '${line} -') words='${switches}' ;;`];
}

function spellings({ name, short }: Option): string[] {
  return [`--${name}`, ...(short === undefined ? [] : [`-${short}`])];
}
