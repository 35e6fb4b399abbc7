import path from 'node:path';
import { formatGroup, parseKeyFile } from '#shared/config/key-file.ts';
import { AgentError, messageOf } from '#shared/errors.ts';
import { readFileIfThere, replaceFile } from '#shared/files.ts';
import type { Log } from '#shared/log/log.ts';
import { systemErrorText } from '#shared/native/errno.ts';
import type { Handle } from './files.ts';

/** qemu-ga's file and its first handle: whoever changes from one agent to the other goes on counting. */
const FILE = 'qga.state';
const GROUP = 'global';
const KEY = 'fd_counter';
const FIRST: Handle = 1000n;

/** Handles that one write of the file covers: it is flushed to the disk, which can take a while. */
const RESERVED_AT_ONCE = 32n;
const MAX_COUNTER = 2n ** 62n;

/** Gives numbers that no earlier run of an agent gave: the file always holds one that lies beyond them. */
export class HandleCounter {
  readonly #file: string;
  #next: Handle | undefined;
  #reserved: Handle = 0n;
  #reserving: Promise<void> | undefined;

  /** @param folder for state that outlives us; made when it is needed */
  constructor(
    folder: string,
    private readonly log: Log,
  ) {
    this.#file = path.join(folder, FILE);
  }

  /** @throws {AgentError} 'failed' when the file cannot be written: the number could be given again */
  async next(): Promise<Handle> {
    while (this.#next === undefined || this.#next >= this.#reserved) {
      this.#reserving ??= this.#reserve().finally(() => {
        this.#reserving = undefined;
      });
      await this.#reserving;
    }
    return this.#next++;
  }

  async #reserve(): Promise<void> {
    try {
      const next = this.#next ?? (await this.#load());
      await replaceFile(this.#file, formatGroup(GROUP, [[KEY, `${next + RESERVED_AT_ONCE}`]]));
      this.#next = next;
      this.#reserved = next + RESERVED_AT_ONCE;
    } catch (error) {
      const why = systemErrorText(error);
      throw new AgentError('failed', `failed to write persistent state to disk: ${why}`, { cause: error });
    }
  }

  async #load(): Promise<Handle> {
    try {
      const text = await readFileIfThere(this.#file);
      if (text === undefined) return FIRST;
      const value = parseKeyFile(text, this.#file).find(({ group, key }) => group === GROUP && key === KEY)?.value;
      if (value === undefined) return FIRST;
      if (/^\d{1,19}$/.test(value) && BigInt(value) < MAX_COUNTER) return BigInt(value);
      throw new AgentError('malformed', `${this.#file}: '${value.slice(0, 40)}' is no counter`);
    } catch (error) {
      if (!(error instanceof AgentError)) throw error;
      // The clock in milliseconds: no counter has come that far.
      const next = BigInt(Date.now());
      this.log.warn('handles start afresh', { reason: messageOf(error), next: `${next}` });
      return next;
    }
  }
}
