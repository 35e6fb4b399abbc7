export interface Cpus {
  /**
   * How many processors run now.
   * @throws {Error} when the system does not tell
   */
  online(): number;
}
