import path from 'node:path';
import { splitWords } from '#shared/config/unit-file.ts';
import { isHookName } from '../../hooks/names.ts';
import type { Files } from '../files.ts';
import type { Findings } from '../findings.ts';
import { QemuGaWords } from './qemu-ga-words.ts';
import { OriginalFiles, type Variable, type Variables } from './reader.ts';
import { readUnits } from './units.ts';

/** qemu-ga's own file, as built by most and by Red Hat. */
const CONFIG_FILES = ['/etc/qemu/qemu-ga.conf', '/etc/qemu-kvm/qemu-ga.conf'];
/** What Debian's start script sources. */
const DEBIAN_FILE = '/etc/default/qemu-guest-agent';
/** What the units of Red Hat and SUSE read, the vendor's first. */
const SYSCONFIG_FILES = ['/usr/etc/sysconfig/qemu-ga', '/etc/sysconfig/qemu-ga'];
/** Where rpm puts a file that was changed when its package is removed. */
const SAVED_FILE = '/etc/sysconfig/qemu-ga.rpmsave';
const HOOK_FILES = ['/etc/qemu/fsfreeze-hook', '/etc/qemu-ga/fsfreeze-hook'];

/** Set by start scripts and environments, and no business of qemu-ga's. */
const HARMLESS = /^(DAEMON|DESC|NAME|PATH|PIDFILE|SCRIPTNAME|VERBOSE|TMPDIR|TZ|LANG|LC_[A-Z]+|G_MESSAGES_DEBUG)$/;

/** All places where qemu-ga may have been told what to refuse. */
export function readQemuGa(files: Files, environment: NodeJS.ProcessEnv, findings: Findings): void {
  const originals = new OriginalFiles(files, findings, (...doubt) => findings.notUnderstood(...doubt));
  const words = new QemuGaWords(originals, findings);
  for (const file of CONFIG_FILES) words.file(file);
  const known = new Map([...(originals.variables(DEBIAN_FILE, 'shell') ?? []), ...readSysconfig(originals)]);
  const unit = readUnits(originals, known, findings);
  for (const [name, variable] of unit.variables) {
    if (!readVariable(name, variable, words, findings) && !unit.used.has(name)) {
      findings.notUnderstood(variable.place, 'an unknown variable', name);
    }
  }
  for (const line of unit.commandLines) words.options(line.words, line.place);
  if (environment.QGA_CONF !== undefined) words.file(environment.QGA_CONF, '$QGA_CONF');
  words.finish();
  findHooks(originals, findings);
}

function readSysconfig(files: OriginalFiles): Variables {
  const found = SYSCONFIG_FILES.map((file) => files.variables(file, 'systemd'));
  const own = found.at(-1) ?? files.variables(SAVED_FILE, 'systemd');
  return new Map([...(found[0] ?? []), ...(own ?? [])]);
}

/** What the variables of the distributions' files mean. @returns false for one that is not known */
function readVariable(name: string, { value, place }: Variable, words: QemuGaWords, findings: Findings): boolean {
  switch (name) {
    case 'BLACKLIST_RPC':
    case 'BLOCK_RPCS':
      words.word('block-rpcs', value, place, name);
      return true;
    case 'ALLOW_RPCS':
      words.word('allow-rpcs', value, place, name);
      return true;
    case 'FILTER_RPC_ARGS':
    case 'DAEMON_ARGS': {
      const split = splitWords(value.replaceAll('%', '%%'));
      if ('wrong' in split) findings.notUnderstood(place, split.wrong, name);
      else words.options(split.words, place);
      return true;
    }
    case 'FSFREEZE_HOOK_PATHNAME':
      words.hook(value, place);
      return true;
    case 'QGA_CONF':
      words.file(value, place);
      return true;
    case 'TRANSPORT': {
      const colon = value.indexOf(':');
      if (colon > 0) words.transport(value.slice(0, colon), value.slice(colon + 1), place);
      return true;
    }
    default:
      return value === '' || HARMLESS.test(name);
  }
}

function findHooks(files: OriginalFiles, findings: Findings): void {
  for (const file of HOOK_FILES) {
    const isOn = findings.hooks.some(({ path }) => path === file);
    if (!isOn && files.exists(file)) findings.hooks.push({ kind: 'fsfreeze', path: file });
    for (const hook of files.list(`${file}.d`)) {
      if (isHookName(path.basename(hook))) findings.hooks.push({ kind: 'fsfreeze.d', path: hook });
    }
  }
}
