/**
 * What one place says about the commands of hosts. `place` is "FILE:LINE" as a person looks it up.
 *
 * Places add up: a command that one of them blocks is blocked, and one that an allow list leaves out is not allowed,
 * whatever the others say.
 */
export type Restriction =
  | { readonly kind: 'block' | 'allow'; readonly names: ReadonlySet<string>; readonly place: string }
  | { readonly kind: 'not-understood'; readonly why: string; readonly place: string };

/**
 * Commands that give a host the guest. They stay denied while there is a restriction that we do not understand: it
 * might be one of them that the administrator forbade (S10).
 */
const GUARDED = /^guest-(exec($|-)|file-|set-user-password$|ssh-[a-z]+-authorized-keys$)/;

export function isGuarded(command: string): boolean {
  return GUARDED.test(command);
}

/**
 * Why hosts may not run a command: qemu-ga's own words, and the place that decided.
 * @returns undefined when no place objects
 */
export function objectionTo(command: string, restrictions: readonly Restriction[]): string | undefined {
  const found = restrictions.find((restriction) => objects(restriction, command));
  return found === undefined ? undefined : `the command is not allowed (${describe(found)})`;
}

function describe(restriction: Restriction): string {
  switch (restriction.kind) {
    case 'block':
      return `${restriction.place}: blocked`;
    case 'allow':
      return `${restriction.place}: not in the list of allowed commands`;
    case 'not-understood':
      return `${restriction.place}: a restriction that is not understood: ${restriction.why}`;
  }
}

function objects(restriction: Restriction, name: string): boolean {
  switch (restriction.kind) {
    case 'block':
      return restriction.names.has(name);
    case 'allow':
      return !restriction.names.has(name);
    case 'not-understood':
      return isGuarded(name);
  }
}

const SEPARATORS = /[,;\s]+/;
const NAME = /^[a-z][a-z0-9-]*$/;

/**
 * Names of a list, separated by commas, semicolons or white space. qemu-ga splits at commas only, though its file is
 * documented as a list with semicolons; taking all of them blocks what the administrator meant.
 * @returns the names, and what cannot be one: a pattern, a variable that was not replaced
 */
export function parseCommandList(text: string): { names: ReadonlySet<string>; strange: readonly string[] } {
  const words = text.split(SEPARATORS).filter((word) => word !== '');
  return {
    names: new Set(words.filter((word) => NAME.test(word))),
    strange: words.filter((word) => !NAME.test(word)),
  };
}
