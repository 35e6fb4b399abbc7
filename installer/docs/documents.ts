import { formatSample } from '#system-agent/config/format.ts';
import { commands } from '#system-agent/qga/commands/index.ts';
import { commandsPage } from './commands.ts';
import { configurationPage } from './configuration.ts';
import { eventsPage } from './events.ts';
import { qapiSchema } from './qapi.ts';

/** A file of the checkout that is made from the program's own tables; a test fails when it differs. */
export interface Document {
  /** From the checkout's top folder. */
  readonly path: string;
  readonly text: string;
}

export function documents(): readonly Document[] {
  return [
    { path: 'docs/commands.md', text: commandsPage(commands) },
    { path: 'docs/events.md', text: eventsPage() },
    { path: 'docs/uga.qapi.json', text: qapiSchema(commands) },
    { path: 'docs/configuration.md', text: configurationPage() },
    { path: 'installer/root/etc/uga/uga.conf', text: formatSample() },
  ];
}
