import path from 'node:path';
import { parsePythonConfig } from '#shared/config/python-config.ts';
import { AgentError } from '#shared/errors.ts';
import type { Files } from '../files.ts';
import type { Findings } from '../findings.ts';
import { settingOf } from '../settings.ts';
import { virtioChannel } from './port-path.ts';
import { OriginalFiles } from './reader.ts';

const FILE = '/etc/ovirt-guest-agent.conf';
/** With a folder for each event. */
export const OVIRT_HOOKS = '/etc/ovirt-guest-agent/hooks.d';
const PORT = 'ovirt-guest-agent.0';
/** The port of older hosts, which the original's own sample names; our channel looks for both by itself. */
const SAMPLE_DEVICE = '/dev/virtio-ports/com.redhat.rhevm.vdsm';

/** ovirt-guest-agent's intervals, lists and device. It has no list of commands, so nothing here restricts. */
export function readOvirt(files: Files, findings: Findings): void {
  const originals = new OriginalFiles(files, findings, (place, why) => findings.problem('note', place, why));
  for (const { section, key, value, line } of parsePythonConfig(originals.read(FILE) ?? '')) {
    const place = `${FILE}:${line}`;
    // The keys of its [general] that we have are named the same in our [ovirt].
    const row = section === 'general' ? settingOf('ovirt', key) : undefined;
    try {
      if (row !== undefined) findings.set(row.apply({}, value), place);
      else if (section === 'virtio') takePort(key, value, place, findings);
    } catch (error) {
      if (!(error instanceof AgentError)) throw error;
      findings.problem('note', place, `has no effect: ${error.message}`, `[${section}] ${key}`);
    }
  }
  for (const event of originals.list(OVIRT_HOOKS)) {
    for (const path of originals.list(event)) findings.hooks.push({ kind: 'ovirt', path });
  }
}

/** `device_prefix` is the folder in which the original looks for either name; `device` is what its first releases had. */
function takePort(key: string, value: string, place: string, findings: Findings): void {
  if (key === 'device' && value !== SAMPLE_DEVICE) findings.set({ ovirt: virtioChannel(value) }, place);
  if (key === 'device_prefix') findings.set({ ovirt: virtioChannel(path.join(value, PORT)) }, place);
}
