import { formatReference } from '#system-agent/config/format.ts';

/** docs/configuration.md: the table of settings, for people. */
export function configurationPage(): string {
  return `${INTRODUCTION}\n${formatReference()}`;
}

const INTRODUCTION = `# Configuration

_Made by \`npm run docs\` from the table in system-agent/config/settings.ts._

\`/etc/uga/uga.conf\`, then \`/etc/uga/uga.conf.d/*.conf\` in the order of their names: \`[group]\` lines, \`key=value\` lines,
comments that begin with \`#\`. A later file replaces the values of an earlier one; lists of commands add up instead, so that
no file opens what another has closed. Options of \`uga system-agent\` come last.

- \`uga config check\` reads all of it and prints what is wrong as \`FILE:LINE: KEY: TEXT\`; it exits 1 if something is.
- \`uga config show\` prints every value with its origin, the commands that hosts may not run and why, and the hooks in place.
- An agent that runs as root refuses a file that does not belong to root or that others may write. A file has at most 256 KiB,
  a folder at most 256 files. The agent does not start with an unknown key or a wrong value.
- \`SIGHUP\` reads the lists of commands again, the replaced agents' lists too, and the policy. If a file is wrong by then, they
  stay as they were. Everything else is read at the start.

What the agents that this one replaces were told is read too: [migration.md](migration.md).
`;
