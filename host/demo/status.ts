import { heartbeat } from '#host/cli/ovirt/describe.ts';
import { readStatus } from '#host/cli/status.ts';
import { textOf } from '#host/qga/info.ts';
import { plain } from '#shared/cli/plain.ts';
import { AgentError } from '#shared/errors.ts';
import { type Doors, untilOpen } from './doors.ts';

/** For a door that is a moment later than the first one. */
const OPEN_MS = 1_000;
const WIDTH = 12;

/** What the agent says through each of its doors; a door that does not answer says why. */
export async function readDoors(doors: Doors, signal: AbortSignal): Promise<string[]> {
  const [qga, ovirt, vdagent] = await Promise.all([
    doors.qga.client({ signal }).then((client) => readStatus(client, { signal })),
    unlessMissing(ovirtLines(doors, signal)),
    unlessMissing(vdagentLines(doors, signal)),
  ]);
  return ['QEMU guest agent', ...qga, '', 'oVirt guest agent', ...ovirt, '', 'SPICE agent', ...vdagent];
}

async function ovirtLines({ ovirt }: Doors, signal: AbortSignal): Promise<string[]> {
  const client = await untilOpen(ovirt, OPEN_MS, signal);
  await client.untilReported(['heartbeat', 'active-user'], { signal }).catch((error: unknown) => {
    if (!(error instanceof AgentError) || error.code !== 'timeout' || client.latest.size === 0) throw error;
  });
  const { latest, session } = client;
  const memory = latest.get('heartbeat');
  return [
    row('memory', memory ? heartbeat(memory) : 'not said yet'),
    row('active user', plain(textOf(latest.get('active-user')?.get('name')) ?? 'not said', 100)),
    row('session', session),
  ];
}

async function vdagentLines({ vdagent }: Doors, signal: AbortSignal): Promise<string[]> {
  const client = await untilOpen(vdagent, OPEN_MS, signal);
  const capabilities = [...(await client.ready([], { signal }))];
  const offered = client.clipboard.offered('clipboard');
  return [
    row('offers', capabilities.join(', ') || 'nothing'),
    row('clipboard', offered ? `copied in the guest: ${offered.join(', ')}` : 'nothing copied in the guest'),
  ];
}

async function unlessMissing(lines: Promise<string[]>): Promise<string[]> {
  try {
    return await lines;
  } catch (error) {
    if (!(error instanceof AgentError) || error.code === 'cancelled') throw error;
    return [`not available (${plain(error.message, 200)})`];
  }
}

function row(label: string, text: string): string {
  return label.padEnd(WIDTH) + text;
}
