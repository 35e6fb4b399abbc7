import { AgentError } from '#shared/errors.ts';

/** One row of a face's option table. */
export interface Option {
  /** Long name without dashes. */
  readonly name: string;
  /** One letter. */
  readonly short?: string;
  /** What the help calls the value, in capitals; without it the option is a switch. */
  readonly value?: string;
  /** Sentences for `--help`. */
  readonly help: string;
  /** May be given again; all values are kept in order. Otherwise a second time is an error. */
  readonly repeatable?: true;
  readonly required?: true;
  /** Belongs to a part this build does not have: not in the help, refused as 'unsupported' when given. */
  readonly unavailable?: true;
}

export interface Positional {
  readonly name: string;
  readonly required?: true;
  /** Takes all that is left; only the last can. */
  readonly rest?: true;
  /** Words that it usually is; a shell completes them, the parser does not insist. */
  readonly choices?: readonly string[];
}

export interface CommandLine {
  /** As a person types it: "uga host qga". */
  readonly name: string;
  /** One sentence. */
  readonly summary: string;
  readonly options: readonly Option[];
  readonly positionals: readonly Positional[];
  /** Titled paragraphs after the options, printed as they are. */
  readonly sections?: readonly { readonly title: string; readonly text: string }[];
}

/** Present in every command line and listed last. */
export const HELP: Option = { name: 'help', short: 'h', help: 'Show this help and exit.' };

type ValueOf<O extends Option> = O extends { readonly value: string }
  ? O extends { readonly repeatable: true }
    ? readonly string[]
    : O extends { readonly required: true }
      ? string
      : string | undefined
  : boolean;

export type Values<C extends CommandLine> = { readonly [O in C['options'][number] as O['name']]: ValueOf<O> };

/** With `--help` nothing else is promised: `required` is not enforced then. */
export type Parsed<C extends CommandLine> =
  | { readonly help: true }
  | { readonly help: false; readonly options: Values<C>; readonly positionals: readonly string[] };

/**
 * Reads `--opt value`, `--opt=value`, `-o value`, `-ovalue`, `-ab` (two switches), `--` (all that follows is
 * positional) and `-` (positional). Options and positionals may be mixed.
 *
 * @throws {AgentError} 'invalid-argument', or 'unsupported' for an option of a part that this build does not have
 */
export function parseCommandLine<const C extends CommandLine>(commandLine: C, argv: readonly string[]): Parsed<C> {
  const given = new Map<string, string[]>();
  const positionals: string[] = [];
  const options: readonly Option[] = [...commandLine.options, HELP];
  const words = argv[Symbol.iterator]();
  const valueAfter = (spelled: string, option: Option, attached: string | undefined): string => {
    if (option.value === undefined) {
      if (attached === undefined) return '';
      throw new AgentError('invalid-argument', `option '${spelled}' takes no value`);
    }
    const value = attached ?? words.next().value;
    if (value === undefined) {
      throw new AgentError('invalid-argument', `option '${spelled}' needs a value: ${option.value}`);
    }
    return value;
  };
  const take = (spelled: string, option: Option | undefined, attached: string | undefined): void => {
    if (option === undefined) throw new AgentError('invalid-argument', `unknown option '${spelled}'`);
    const values = given.get(option.name) ?? [];
    values.push(valueAfter(spelled, option, attached));
    if (option.unavailable) throw new AgentError('unsupported', `option '${spelled}' is not available in this build`);
    if (option.value !== undefined && values.length > 1 && !option.repeatable) {
      throw new AgentError('invalid-argument', `option '${spelled}' is given twice`);
    }
    given.set(option.name, values);
  };

  for (const word of words) {
    if (word === '--') positionals.push(...words);
    else if (word.startsWith('--')) {
      const [name = '', attached] = splitOnce(word.slice(2));
      const option = options.find((row) => row.name === name);
      take(`--${name}`, option, attached);
    } else if (word.startsWith('-') && word !== '-') {
      let letters = word.slice(1);
      while (letters !== '') {
        const letter = letters.slice(0, 1);
        const option = options.find((row) => row.short === letter);
        const attached = letters.slice(1);
        const isValue = option?.value !== undefined;
        take(`-${letter}`, option, isValue && attached !== '' ? attached : undefined);
        letters = isValue ? '' : attached;
      }
    } else positionals.push(word);
  }

  if (given.has(HELP.name)) return { help: true };
  for (const option of options) {
    if (option.required && !given.has(option.name)) {
      throw new AgentError('invalid-argument', `option '--${option.name}' is required`);
    }
  }
  checkPositionals(commandLine.positionals, positionals);
  return { help: false, options: valuesOf(commandLine.options, given) as Values<C>, positionals };
}

function splitOnce(text: string): [string, string | undefined] {
  const at = text.indexOf('=');
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

function checkPositionals(rows: readonly Positional[], given: readonly string[]): void {
  const missing = rows.find((row, at) => row.required && at >= given.length);
  if (missing) throw new AgentError('invalid-argument', `${missing.name} is missing`);
  if (given.length > rows.length && !rows.at(-1)?.rest) {
    throw new AgentError('invalid-argument', `unexpected argument '${given[rows.length]}'`);
  }
}

function valuesOf(options: readonly Option[], given: ReadonlyMap<string, string[]>): Record<string, unknown> {
  return Object.fromEntries(
    options.map((option) => {
      const values = given.get(option.name);
      if (option.value === undefined) return [option.name, values !== undefined];
      return [option.name, option.repeatable ? (values ?? []) : values?.[0]];
    }),
  );
}
