import { splitWords } from '#shared/config/unit-file.ts';
import { getoptLong, type LongOption } from '../../qemu-ga/getopt.ts';
import type { Files } from '../files.ts';
import type { Findings } from '../findings.ts';
import { virtioChannel } from './port-path.ts';
import { OriginalFiles } from './reader.ts';

const FILES = [
  ['/etc/default/spice-vdagentd', 'shell'],
  ['/etc/sysconfig/spice-vdagentd', 'systemd'],
] as const;
const VARIABLE = 'SPICE_VDAGENTD_EXTRA_ARGS';

/** spice-vdagentd --help, 0.22. */
const OPTIONS: readonly LongOption[] = [
  { name: 'debug', letter: 'd', argument: 'none' },
  { name: 'virtio-serial-port-path', letter: 's', argument: 'required' },
  { name: 'vdagentd-socket', letter: 'S', argument: 'required' },
  { name: 'uinput-device', letter: 'u', argument: 'required' },
  { name: 'fake-uinput', letter: 'f', argument: 'none' },
  { name: 'foreground', letter: 'x', argument: 'none' },
  { name: 'one-session', letter: 'o', argument: 'none' },
  { name: 'disable-session-integration', letter: 'X', argument: 'none' },
];

/** spice-vdagentd's extra options: its port counts, the rest has no counterpart here and is said so. */
export function readVdagentd(files: Files, findings: Findings): void {
  const originals = new OriginalFiles(files, findings, (place, why) => findings.problem('note', place, why));
  for (const [file, reader] of FILES) {
    const variable = originals.variables(file, reader)?.get(VARIABLE);
    if (variable === undefined) continue;
    const { value, place } = variable;
    const split = splitWords(value.replaceAll('%', '%%'));
    const { options, error } = getoptLong('wrong' in split ? [] : split.words, OPTIONS);
    const wrong = 'wrong' in split ? split.wrong : error;
    if (wrong !== undefined) findings.problem('note', place, wrong, VARIABLE);
    for (const option of options) {
      if (option.letter === 's') findings.set({ vdagent: virtioChannel(option.value ?? '') }, place);
      else findings.problem('note', place, `-${option.letter} has no effect`, VARIABLE);
    }
  }
}
