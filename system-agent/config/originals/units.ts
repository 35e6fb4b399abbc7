import path from 'node:path';
import { expandWords, parseUnitFile, splitWords, type UnitEntry } from '#shared/config/unit-file.ts';
import type { Findings, Place } from '../findings.ts';
import type { OriginalFiles, Variable, Variables } from './reader.ts';

/** Where systemd looks for units, the first that has one wins: systemd.unit(5), "Unit File Load Path". */
const FOLDERS = [
  '/etc/systemd/system.control',
  '/run/systemd/system.control',
  '/run/systemd/transient',
  '/etc/systemd/system',
  '/run/systemd/system',
  '/usr/local/lib/systemd/system',
  '/usr/lib/systemd/system',
  '/lib/systemd/system',
];

const UNIT = 'qemu-guest-agent.service';
/** Drop-ins of the unit, and of all units whose names begin so. */
const DROP_IN_FOLDERS = ['qemu-guest-agent.service.d', 'qemu-guest-.service.d', 'qemu-.service.d'];

/** Keys of [Service] that decide how the program runs, not what it may do. */
const HARMLESS =
  /^(Type|Restart.*|Timeout.*|Nice|IOScheduling.*|CPU.*|IO.*|Memory.*|Tasks.*|OOM.*|Standard.*|Syslog.*|Log.*|Limit.*|Exec(StartPre|StartPost|Stop|StopPost|Reload)|PIDFile|Kill.*|Slice|UMask|WorkingDirectory|RuntimeDirectory.*|StateDirectory.*|LogsDirectory.*|Watchdog.*|RemainAfterExit|SuccessExitStatus|GuessMainPID|NotifyAccess|SendSIG.*|.*Accounting|Delegate)$/;

/** One command line of the unit: the words after the program, or why there are none. */
export interface UnitFindings {
  readonly commandLines: readonly { readonly words: readonly string[]; readonly place: Place }[];
  readonly variables: Variables;
  /** Names of the variables that command lines use. */
  readonly used: ReadonlySet<string>;
}

interface Placed {
  readonly entry: UnitEntry;
  readonly place: Place;
}

/**
 * How qemu-ga's unit starts it, with all its drop-ins. What is not understood is told to `findings`.
 * @param known variables of the files that the unit of a distribution reads, which may be gone by now
 */
export function readUnits(files: OriginalFiles, known: Variables, findings: Findings): UnitFindings {
  const entries = [...readFragment(files, findings), ...readDropIns(files, findings)];
  const variables = new Map<string, Variable>(known);
  for (const { entry, place } of inForce(entries, 'Environment')) {
    const split = splitWords(entry.value);
    if ('wrong' in split) findings.notUnderstood(place, split.wrong, entry.key);
    else {
      for (const word of split.words) {
        const equals = word.indexOf('=');
        if (equals > 0) variables.set(word.slice(0, equals), { value: word.slice(equals + 1), place });
        else findings.notUnderstood(place, `'${word}' is no NAME=VALUE`, entry.key);
      }
    }
  }
  for (const { entry, place } of inForce(entries, 'EnvironmentFile')) {
    const optional = entry.value.startsWith('-');
    const file = optional ? entry.value.slice(1) : entry.value;
    if (!path.isAbsolute(file) || /[*?[\]%]/.test(file)) findings.notUnderstood(place, `'${file}'`, entry.key);
    else {
      const read = files.variables(file, 'systemd');
      if (read === undefined && !optional) findings.notUnderstood(place, `there is no ${file}`, entry.key);
      for (const [name, variable] of read ?? []) variables.set(name, variable);
    }
  }
  const starts = inForce(entries, 'ExecStart');
  const used = starts.flatMap(({ entry }) => [...entry.value.matchAll(/\$\{?(\w+)/g)].map(([, name = '']) => name));
  return {
    commandLines: starts.flatMap(({ entry, place }) => readCommandLine(entry.value, variables, place, findings)),
    variables,
    used: new Set(used),
  };
}

function readFragment(files: OriginalFiles, findings: Findings): Placed[] {
  for (const folder of FOLDERS) {
    const file = `${folder}/${UNIT}`;
    const text = files.exists(file) ? files.read(file) : undefined;
    if (text === undefined) continue;
    return STANDS_IN.test(text) ? [] : readEntries(file, text, findings);
  }
  return [];
}

function readDropIns(files: OriginalFiles, findings: Findings): Placed[] {
  const byName = new Map<string, string>();
  for (const folder of FOLDERS) {
    for (const dropIns of DROP_IN_FOLDERS) {
      for (const file of files.list(`${folder}/${dropIns}`)) {
        const name = path.basename(file);
        if (name.endsWith('.conf') && !OWN_DROP_IN.test(file) && !byName.has(name)) byName.set(name, file);
      }
    }
  }
  return [...byName.keys()].sort().flatMap((name) => {
    const file = byName.get(name) ?? '';
    const text = files.read(file);
    return text === undefined ? [] : readEntries(file, text, findings);
  });
}

function readEntries(file: string, text: string, findings: Findings): Placed[] {
  const { entries, wrong } = parseUnitFile(text);
  for (const line of wrong) findings.notUnderstood(`${file}:${line}`, 'neither a section nor an assignment');
  const service = entries.filter(({ section }) => section === 'Service');
  for (const { key, line } of service) {
    const isRead = key === 'ExecStart' || key === 'Environment' || key === 'EnvironmentFile';
    if (!isRead && !HARMLESS.test(key)) findings.notUnderstood(`${file}:${line}`, 'may confine the agent', key);
  }
  return service.map((entry) => ({ entry, place: `${file}:${entry.line}` }));
}

/** The values of a key that count: an empty one takes back those before it. */
function inForce(entries: readonly Placed[], key: string): readonly Placed[] {
  const values = entries.filter(({ entry }) => entry.key === key);
  return values.slice(values.findLastIndex(({ entry }) => entry.value === '') + 1);
}

/** Of this package, beside that unit: it takes an administrator's drop-ins back, which are read here instead. */
const OWN_DROP_IN = /^(\/usr)?\/lib\/systemd\/system\/qemu-guest-agent\.service\.d\/zzz-uga\.conf$/;
/** The unit of this package under the original's name, which only pulls ours along. */
const STANDS_IN = /^Requires=uga-system-agent\.service$/m;

function readCommandLine(value: string, variables: Variables, place: Place, findings: Findings) {
  const doubt = (why: string) => {
    findings.notUnderstood(place, why, 'ExecStart');
    return [];
  };
  // Systemd's marks before the program: failure does not count, privileges, a name of its own, no variables.
  const [, marks = '', line = ''] = /^([@:+!|-]*)(.*)$/s.exec(value) ?? [];
  const split = splitWords(line);
  if ('wrong' in split) return doubt(split.wrong);
  const values = new Map(Array.from(variables, ([name, variable]) => [name, variable.value]));
  const expanded = marks.includes(':') ? split : expandWords(split.words, values);
  if ('wrong' in expanded) return doubt(expanded.wrong);
  const [program = '', ...words] = expanded.words;
  if (path.basename(program) !== 'qemu-ga') return doubt(`${program} is not qemu-ga`);
  if (words.includes(';')) return doubt('several commands in one line');
  return [{ words: marks.includes('@') ? words.slice(1) : words, place }];
}
