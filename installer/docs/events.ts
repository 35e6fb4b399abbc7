import { nameOfType } from '#shared/schema/type.ts';
import { EVENTS } from '#system-agent/events/kinds.ts';
import { membersOf } from '#system-agent/qga/introspection.ts';

/** docs/events.md: the table of events, for people. */
export function eventsPage(): string {
  const rows = Object.entries(EVENTS).map(([name, { summary, data }]) => {
    const members = membersOf(data.type).map(
      ({ name, type, optional }) => `\`${name}${optional ? '?' : ''}\`: ${nameOfType(type)}`,
    );
    return `| \`${name}\` | ${summary} | ${members.join(', ')} |`;
  });
  return `${INTRODUCTION}\n${rows.join('\n')}\n\n${END}`;
}

const INTRODUCTION = `# Events

_Made by \`npm run docs\` from the table in system-agent/events/kinds.ts._

The agent says nothing that it was not asked, so a host asks what has happened:

    {"execute": "uga-event-wait", "arguments": {"timeout": 2000}}
    {"return": {"cursor": 1795332000000004, "events": [], "missed": 0, "restarted": false}}
    {"execute": "uga-event-wait", "arguments": {"cursor": 1795332000000004, "timeout": 2000}}
    {"return": {"cursor": 1795332000000005, "events": [{"seq": 1795332000000005, "time": {"seconds": 1795332061,
      "microseconds": 120000}, "event": "ADDRESSES_CHANGED", "data": {"interfaces": ["eth0"], "more": 0}}],
      "missed": 0, "restarted": false}}

- \`timeout\` is in milliseconds: 0 by default, and never more than 2000, because whoever waits holds up the port for everybody.
- \`cursor\` is what the last answer said. Without one the answer is what happens from now on, with 0 all that is still known.
- Events are numbered without gaps. 1024 are kept and 128 told at once; the next call has the rest.
- \`missed\` counts those after the cursor that have been forgotten. \`restarted\`: the cursor was another agent's, of which this one
  knows nothing; what follows begins with its start. After either, ask for the state itself.
- Addresses and mounts are watched while somebody asks, and five minutes longer. What has changed in a longer pause is told by
  the first answer after it, as one event.
- While file systems are frozen the command is refused like all others; what has happened is told after the thaw.
- No secret and nothing of a clipboard is in an event. A text has at most 256 characters, a list at most 16 names.
- The \`qemu-ga\` face does not have this command.

| Event | When | Data |
| --- | --- | --- |`;

const END = `\`UgaEventSession\` has \`id\`, \`uid\`, \`user\`, \`class\`, \`type\` and, if there is one, \`seat\`, as logind calls them. The sessions that
are there when the agent starts are told as added.

\`RESUMED\` and \`CLOCK_JUMPED\` are the kernel's word, so they are told without logind too. A guest that its host has paused, saved or
rolled back has not slept: it learns of it when its clock is set, by a time server or \`guest-set-time\`. A sleep of less than a second
or two may be too short for its clock to tell. After either event an oVirt host is told everything anew.
`;
