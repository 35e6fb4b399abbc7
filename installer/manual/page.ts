import type { CommandLine } from '#shared/cli/options.ts';

/** A manual page: what its command line does not say itself. */
export interface Page {
  /** Also the file's name. */
  readonly name: string;
  readonly section: 1 | 5 | 8;
  /** After the dash in NAME: what whatis(1) and apropos(1) show. */
  readonly brief: string;
  /** Options, arguments and their sections; a page without one says all in `body`. */
  readonly commandLine?: CommandLine;
  /** Paragraphs of DESCRIPTION after the command line's summary. */
  readonly description?: readonly string[];
  /** Sections between the options and FILES. */
  readonly body?: readonly Section[];
  readonly files?: readonly Entry[];
  readonly seeAlso: readonly string[];
}

export interface Section {
  readonly title: string;
  readonly entries?: readonly Entry[];
  /** Printed as it is, for tables and examples. */
  readonly literal?: string;
}

/** A term and what it means. */
export interface Entry {
  readonly term: string;
  readonly text: string;
}
