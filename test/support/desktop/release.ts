import { locate } from '../programs.ts';

/** Whose programs a desktop is made of: this machine's, or those of another release. */
export interface Release {
  readonly name: string;
  /** Where programs are looked for, those first that run in the other release's own tree. */
  readonly PATH: string;
  /** The file of a program, as this machine sees it. */
  locate(program: string): string | undefined;
}

export const here: Release = { name: 'this machine', PATH: process.env.PATH ?? '', locate };
