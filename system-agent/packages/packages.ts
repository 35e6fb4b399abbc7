/** One version of a package that is installed; a kernel has several. Names and versions are of printable ASCII, without blanks and commas. */
export interface Package {
  readonly name: string;
  /** As the package manager prints it, its release included: "1:2.36-9+deb12u4", "5.14.0-362.el9". */
  readonly version: string;
  /** Names that it stands for beside its own. */
  readonly provides: readonly string[];
}

export interface Packages {
  /** What the package managers have recorded as installed. Never rejects: one that cannot be read is left out. */
  installed(): Promise<readonly Package[]>;
}
