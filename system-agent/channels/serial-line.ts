import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Log } from '#shared/log/log.ts';
import { makeRaw } from '#shared/native/terminal.ts';
import { noServiceManager } from '../service-manager/service-manager.ts';
import { DeviceChannel } from './device.ts';

/** An ISA serial port or a pty, as a pipe of raw bytes. It cannot tell whether a host listens: it is connected while open. */
export function serialLine(line: string, log: Log): DeviceChannel {
  const device = {
    host: 'always',
    folders: [path.dirname(line)],
    concerns: (entry: string) => entry === path.basename(line),
    locate: () => (existsSync(line) ? line : undefined),
    prepare: makeRaw,
  } as const;
  return new DeviceChannel(`serial:${line}`, device, log, noServiceManager);
}
