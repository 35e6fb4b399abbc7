import type { Answer } from '#protocol/control/message.ts';
import type {
  AgentStatus,
  DoorStatus,
  FreezeStatus,
  SessionAgentStatus,
  SessionStatus,
} from '#protocol/control/status.ts';
import { durationText } from '#shared/cli/duration.ts';
import { plain } from '#shared/cli/plain.ts';

const NAME_WIDTH = 10;

/**
 * A status as lines for a person. What session agents and users chose themselves is made safe for a terminal.
 * @param laterMs how long ago the answer came
 */
export function renderStatus({ uptimeMs, status }: Answer, laterMs = 0): string[] {
  const now = uptimeMs + laterMs;
  const { program, doors, source, sessions, agents, pointer, bus, freeze, policy, problems, complete } = status;
  const refuses = program.effects === 'real' ? '' : ', started to change nothing';
  return [
    `uga ${program.version} (${program.commit}), process ${program.pid}, up ${durationText(now)}${refuses}`,
    ...(complete ? [] : ["What hosts ask, and other users' sessions, only root is told."]),
    '',
    'Doors',
    ...doors.flatMap((door) => doorLines(door, now)),
    '',
    `Sessions (from ${source})`,
    ...sessionLines(sessions, agents),
    '',
    row('Pointer', pointer.available ? 'there' : `not there: ${pointer.why ?? `it is ${pointer.uinput}`}`),
    row('D-Bus', bus.connected ? 'connected' : 'not connected'),
    row('Freeze', freezeText(freeze)),
    ...(policy === undefined ? [] : [row('Policy', policyText(policy))]),
    ...(complete ? [row('Audit', auditText(status.audit))] : []),
    ...(status.sso === undefined ? [] : [row('Sign-on', ssoText(status.sso))]),
    ...problems.map((problem) => row('Problem', problem)),
  ].map((line) => plain(line, 4_000));
}

function policyText({ profile, rules, broken }: NonNullable<AgentStatus['policy']>): string {
  if (broken !== undefined) return `not understood, so hosts may look and do nothing: ${broken}`;
  return `profile ${profile}${rules === 0 ? '' : ` and ${rules} ${rules === 1 ? 'rule' : 'rules'}`}`;
}

/** Of one of several parts: the first line has its name. */
function row(name: string, text: string): string {
  return `${name.padEnd(NAME_WIDTH)}${text}`;
}

const deeper = (text: string) => row('', text);

function doorLines({ name, channel, state, since, why, traffic, details }: DoorStatus, now: number): string[] {
  if (state === 'off') return [row(`  ${name}`, 'off')];
  const reason = why === undefined ? '' : ` (${why})`;
  const lines = [row(`  ${name}`, `${state} for ${durationText(now - since)}${reason}, ${channel}`)];
  if (traffic !== undefined) {
    const { requests, last, received, sent } = traffic;
    const lastText = last === undefined ? '' : `, last ${last.name} ${durationText(now - last.at)} ago`;
    lines.push(deeper(`${requests} requests${lastText}; ${sizeText(received)} in, ${sizeText(sent)} out`));
  }
  return [...lines, ...details.map((detail) => deeper(`${detail.name}: ${detail.text}`))];
}

function sessionLines(sessions: readonly SessionStatus[], agents: readonly SessionAgentStatus[]): string[] {
  const listed = new Set(sessions.map(({ id }) => id));
  const lines = [
    ...sessions.flatMap((session) => [
      row(`  ${session.id}`, sessionText(session)),
      ...agents.filter((agent) => agent.session === session.id).flatMap(agentLines),
    ]),
    ...agents
      .filter(({ session }) => !listed.has(session))
      .flatMap((agent) => [row(`  ${agent.session}`, `user ${agent.uid}`), ...agentLines(agent)]),
  ];
  return lines.length === 0 ? ['  none'] : lines;
}

function sessionText(session: SessionStatus): string {
  const words = [
    `${session.user} (${session.uid})`,
    session.class,
    session.type,
    ...(session.seat === undefined ? [] : [session.seat]),
    ...(session.active ? ['active'] : []),
    ...(session.locked ? ['locked'] : []),
    ...(session.served ? [servedText(session)] : []),
  ];
  return words.join(', ');
}

function servedText({ clipboard, files }: SessionStatus): string {
  const rights = [...(clipboard ? ['clipboard'] : []), ...(files ? ['files'] : [])];
  return rights.length === 0 ? 'served without clipboard and files' : `served with ${rights.join(' and ')}`;
}

function freezeText(freeze: FreezeStatus | undefined): string {
  if (freeze === undefined) return 'nothing can be frozen';
  const { state, leaseLeft, achieved, ended } = freeze;
  if (state === 'frozen') return `frozen (${achieved}), thaws by itself in ${leaseLeft} s`;
  if (state !== 'thawed') return state;
  return ended === undefined ? 'nothing is frozen' : `nothing is frozen; the last freeze ended early: ${ended}`;
}

function agentLines({ build, pid, display, ways }: SessionAgentStatus): string[] {
  const texts = ways.map(({ feature, by, why }) => (by === undefined ? `${feature}: no, ${why}` : `${feature}: ${by}`));
  return [deeper(`session agent ${build}, process ${pid}, ${display}`), ...texts.map((text) => deeper(`  ${text}`))];
}

function auditText(audit: AgentStatus['audit']): string {
  if (audit === undefined) return 'off';
  const { state, folder, count, waiting, lost, why } = audit;
  const late = [
    ...(waiting > 0 ? [`${waiting} wait`] : []),
    ...(lost > 0 ? [`${lost} lost`] : []),
    ...(why === undefined ? [] : [why]),
  ];
  return `${state}${late.length > 0 ? ` (${late.join(', ')})` : ''}, ${count} records in ${folder}`;
}

function ssoText({ state, why }: NonNullable<AgentStatus['sso']>): string {
  if (state !== 'off' && why !== undefined) return `no login can be announced: ${why}`;
  return why === undefined ? state : `${state}: ${why}`;
}

/** Decimal prefixes, as tools for hosts count traffic. */
function sizeText(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${(bytes / 1_000).toFixed(1)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
