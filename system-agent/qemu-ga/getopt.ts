/**
 * Command lines as getopt_long(3) reads them, which scripts and unit files of qemu-ga rely on: grouped short options,
 * attached values, long names cut short as long as they stay unambiguous, operands anywhere.
 */
export interface LongOption {
  readonly name: string;
  /** What the option is called in the result, and its short form. */
  readonly letter: string;
  readonly argument: 'none' | 'required' | 'optional';
}

export interface Getopt {
  readonly options: readonly { readonly letter: string; readonly value: string | undefined }[];
  readonly operands: readonly string[];
  /** The C library's complaint about the first thing it does not understand. Options before it are above. */
  readonly error?: string;
}

export function getoptLong(argv: readonly string[], table: readonly LongOption[]): Getopt {
  const options: { letter: string; value: string | undefined }[] = [];
  const operands: string[] = [];
  const words = argv[Symbol.iterator]();

  const takeLong = (word: string): string | undefined => {
    const equals = word.indexOf('=');
    const name = equals === -1 ? word : word.slice(0, equals);
    const attached = equals === -1 ? undefined : word.slice(equals + 1);
    const found = findLong(name, table);
    if (typeof found === 'string') return found.replace('%', `--${name}`);
    if (found === undefined) return `unrecognized option '--${word}'`;
    if (found.argument === 'none' && attached !== undefined)
      return `option '--${found.name}' doesn't allow an argument`;
    const value = found.argument === 'required' ? (attached ?? words.next().value) : attached;
    if (found.argument === 'required' && value === undefined) return `option '--${found.name}' requires an argument`;
    options.push({ letter: found.letter, value });
    return undefined;
  };

  const takeShort = (letters: string): string | undefined => {
    for (let at = 0; at < letters.length; at++) {
      const letter = letters[at] ?? '';
      const found = table.find((option) => option.letter === letter);
      if (found === undefined) return `invalid option -- '${letter}'`;
      const rest = letters.slice(at + 1);
      if (found.argument === 'none') {
        options.push({ letter, value: undefined });
        continue;
      }
      const value = rest !== '' ? rest : found.argument === 'required' ? words.next().value : undefined;
      if (found.argument === 'required' && value === undefined) return `option requires an argument -- '${letter}'`;
      options.push({ letter, value });
      break;
    }
    return undefined;
  };

  for (const word of words) {
    if (word === '--') {
      operands.push(...words);
      break;
    }
    let error: string | undefined;
    if (word.startsWith('--')) error = takeLong(word.slice(2));
    else if (word.startsWith('-') && word !== '-') error = takeShort(word.slice(1));
    else operands.push(word);
    if (error !== undefined) return { options, operands, error };
  }
  return { options, operands };
}

/** @returns the option, a complaint with `%` for the name as given, or undefined */
function findLong(name: string, table: readonly LongOption[]): LongOption | string | undefined {
  const exact = table.find((option) => option.name === name);
  if (exact !== undefined) return exact;
  const candidates = table.filter((option) => option.name.startsWith(name));
  const [first] = candidates;
  if (first === undefined) return undefined;
  // Two names of one option do not make an abbreviation ambiguous.
  if (candidates.every(({ letter }) => letter === first.letter)) return first;
  return `option '%' is ambiguous; possibilities: ${candidates.map((option) => `'--${option.name}'`).join(' ')}`;
}
