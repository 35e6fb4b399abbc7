import { keyFileEntries, parseBoolean } from '#shared/config/key-file.ts';
import { parseVsockAddress } from '#shared/socket/vsock-address.ts';
import type { ChannelSpec } from '../../channels/spec.ts';
import { DEFAULT_PATHS } from '../../qemu-ga/config.ts';
import { getoptLong } from '../../qemu-ga/getopt.ts';
import { FSFREEZE_HOOK, OPTIONS } from '../../qemu-ga/options.ts';
import { type Findings, type Place, placed } from '../findings.ts';
import { virtioChannel } from './port-path.ts';
import type { OriginalFiles } from './reader.ts';

/** A hook that is switched off is often written so. */
const NO_HOOK = '/dev/null';
/** Files that name each other end somewhere. */
const MAX_FILES = 16;

/** Understands qemu-ga's settings wherever they stand: the same words in its file and as its options. */
export class QemuGaWords {
  #method: string | undefined;
  #path: string | undefined;
  #transport: Place | undefined;
  #hook: { readonly path: string; readonly place: Place } | undefined;
  readonly #read = new Set<string>();

  constructor(
    private readonly files: OriginalFiles,
    private readonly findings: Findings,
  ) {}

  /** qemu-ga.conf, once. @param required somebody named it */
  file(file: string, required?: Place): void {
    if (this.#read.has(file)) return;
    this.#read.add(file);
    if (this.#read.size > MAX_FILES) return this.findings.notUnderstood(file, 'too many configuration files');
    const text = this.files.read(file);
    if (text === undefined) {
      if (required !== undefined) this.findings.notUnderstood(required, `there is no ${file}`);
      return;
    }
    try {
      for (const { group, key, value, line } of keyFileEntries(text, file)) {
        const place = `${file}:${line}`;
        if (group === 'general') this.word(key, value, place, key);
        else this.findings.notUnderstood(place, 'only [general] is known', `[${group}] ${key}`);
      }
    } catch (error) {
      const { place, text: why } = placed(error, file);
      this.findings.notUnderstood(place, why);
    }
  }

  /** The words after the program's name. */
  options(argv: readonly string[], place: Place): void {
    const { options, error } = getoptLong(argv, OPTIONS);
    if (error !== undefined) this.findings.notUnderstood(place, error);
    for (const { letter, value } of options) {
      const name = OPTIONS.find((option) => option.letter === letter)?.name ?? letter;
      this.word(name, value ?? (letter === 'F' ? FSFREEZE_HOOK : 'true'), place, `--${name}`);
    }
  }

  hook(path: string, place: Place): void {
    this.#hook = { path: path === '' ? FSFREEZE_HOOK : path, place };
  }

  transport(method: string | undefined, path: string | undefined, place: Place): void {
    this.#method = method ?? this.#method;
    this.#path = path ?? this.#path;
    this.#transport = place;
  }

  /** @param spelled as the administrator wrote the word */
  word(word: string, value: string, place: Place, spelled: string): void {
    switch (word) {
      case 'block-rpcs':
      case 'blacklist':
        return this.findings.restrictAsOriginal('block', value, place, spelled);
      case 'allow-rpcs':
        return this.findings.restrictAsOriginal('allow', value, place, spelled);
      case 'config':
        return this.file(value, place);
      case 'method':
        return this.transport(value, undefined, place);
      case 'path':
        return this.transport(undefined, value, place);
      case 'fsfreeze-hook':
        return this.hook(value, place);
      case 'verbose':
        if (parseBoolean(value) === true) this.findings.set({ logLevel: 'debug' }, place);
        return;
      case 'logfile':
        return this.findings.problem('note', place, 'has no effect: the log goes to the journal', spelled);
      case 'daemon':
      case 'daemonize':
      case 'pidfile':
      case 'statedir':
      case 'retry-path':
      case 'debug':
      case 'audit':
        return;
      default:
        this.findings.notUnderstood(place, 'unknown to us', spelled);
    }
  }

  /** What can be said only when everything was read. */
  finish(): void {
    if (this.#transport !== undefined) this.#setChannel(this.#transport);
    if (this.#hook !== undefined && this.#hook.path !== NO_HOOK) {
      this.findings.hooks.push({ kind: 'fsfreeze', ...this.#hook });
    }
  }

  #setChannel(place: Place): void {
    const method = this.#method ?? 'virtio-serial';
    const path = this.#path ?? (Object.hasOwn(DEFAULT_PATHS, method) ? DEFAULT_PATHS[method] : undefined);
    const channel = path === undefined ? undefined : channelOf(method, path);
    if (channel !== undefined) this.findings.set({ qga: channel }, place);
    else this.findings.problem('note', place, `has no effect: no channel for method ${method}, path ${path ?? 'none'}`);
  }
}

function channelOf(method: string, path: string): ChannelSpec | undefined {
  const address = method === 'vsock-listen' ? parseVsockAddress(path) : undefined;
  if (address !== undefined) return { kind: 'vsock-listen', ...address };
  if (!path.startsWith('/')) return undefined;
  switch (method) {
    case 'virtio-serial':
      return virtioChannel(path);
    case 'isa-serial':
      return { kind: 'serial', path };
    case 'unix-listen':
      return { kind: 'unix-listen', path };
    default:
      return undefined;
  }
}
