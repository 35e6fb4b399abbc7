import type { Command } from '#system-agent/qga/command.ts';
import { QEMU_VERSION } from '#system-agent/qga/version.ts';

const EVERYWHERE = 'every Linux guest';

/** docs/commands.md: the table of commands, for people. */
export function commandsPage(commands: readonly Command[]): string {
  return `# Commands of the QEMU guest agent's door

Made by \`npm run docs\` from the commands themselves (\`system-agent/qga/commands\`). Arguments and results are those of
QEMU ${QEMU_VERSION}'s schema for the guest agent; what differs is in [qga-differences.md](qga-differences.md). All of them, with errors and events,
are in [uga.qapi.json](uga.qapi.json), and \`uga-query-schema\` tells a host the same. A command that
cannot work on a system is not in that system's \`guest-info\`. *Changes* marks what changes the guest: the demonstration
refuses it.

| Command | Since QEMU | What it does | Changes | Works where | Shown by |
| --- | --- | --- | --- | --- | --- |
${commands.map(row).join('\n')}
`;
}

function row({ name, since, summary, readOnly, worksWhere = EVERYWHERE, testedBy }: Command): string {
  const cells = [`\`${name}\``, since, summary, readOnly ? '' : 'yes', worksWhere, testedBy];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}
