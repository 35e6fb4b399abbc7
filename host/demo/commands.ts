import { readArguments } from '#host/cli/arguments.ts';
import { get, send } from '#host/cli/ovirt/main.ts';
import { PROMPT_HELP, type PromptExtension } from '#host/cli/prompt.ts';
import { readAction } from '#host/cli/vdagent/main.ts';
import { AgentError } from '#shared/errors.ts';
import type { Doors } from './doors.ts';
import { readDoors } from './status.ts';

const HELP = `ovirt get | ovirt send NAME [KEY=VALUE]...
                          through the oVirt door
vdagent clipboard get | vdagent clipboard set TEXT | vdagent monitors WxH...
vdagent mouse X,Y [BUTTON]... | vdagent capabilities
                          through the SPICE door
${PROMPT_HELP}

Without a first word 'ovirt' or 'vdagent' a command goes through the QGA door.
What changes behind the other two is shown as it happens.`;

/** The prompt's commands for the doors that are not QGA's. */
export function demoCommands(doors: Doors): PromptExtension {
  return {
    prompt: 'uga> ',
    help: HELP,
    words: ['ovirt', 'vdagent'],
    status: (signal) => readDoors(doors, signal),
    notices: (show) => doors.watch(show),
    run([door, ...words], io, signal) {
      switch (door) {
        case 'ovirt': {
          const [action, name, ...rest] = words;
          if (action === 'get' && name === undefined)
            return doors.ovirt.client().then((client) => get(client, io, signal));
          if (action !== 'send' || name === undefined) {
            throw new AgentError('invalid-argument', 'ovirt get, or ovirt send NAME [KEY=VALUE]...');
          }
          const members = readArguments(rest);
          return doors.ovirt.client().then((client) => send(client, io, { name, members }, signal));
        }
        case 'vdagent': {
          const act = readAction(words, {}, { signal, stays: true });
          return doors.vdagent.client().then((client) => act(client, io));
        }
        default:
          return undefined;
      }
    },
  };
}
