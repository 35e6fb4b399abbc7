import type { AgentStatus, DoorStatus } from '#protocol/control/status.ts';

export function doorStatus(parts: Partial<DoorStatus> = {}): DoorStatus {
  return {
    name: 'qga',
    channel: 'virtio:org.qemu.guest_agent.0',
    state: 'connected',
    since: 1_000,
    why: undefined,
    traffic: { received: 2_048, sent: 3_000_000, requests: 7, last: { name: 'guest-ping', at: 60_000 } },
    details: [{ name: 'commands', text: '10 of 11 enabled' }],
    ...parts,
  };
}

/** An agent with nothing to complain of: three hosts, one served X11 session. */
export function agentStatus(parts: Partial<AgentStatus> = {}): AgentStatus {
  return {
    program: { version: '1.0.0', commit: 'abc', pid: 42, uid: 0, effects: 'real' },
    complete: true,
    doors: [
      doorStatus(),
      doorStatus({ name: 'ovirt', channel: 'virtio:ovirt-guest-agent.0' }),
      doorStatus({ name: 'vdagent', channel: 'virtio:com.redhat.spice.0' }),
    ],
    source: 'logind',
    sessions: [
      {
        ...{
          id: '2',
          uid: 1000,
          user: 'alice',
          class: 'user',
          type: 'x11',
          seat: 'seat0',
          active: true,
          locked: false,
        },
        ...{ state: 'active', served: true, clipboard: true, files: true },
      },
    ],
    agents: [
      {
        ...{ session: '2', uid: 1000, pid: 77, build: '1.0.0', display: 'x11' },
        ways: [
          { feature: 'clipboard.text', by: 'X11', why: undefined },
          { feature: 'monitors', by: undefined, why: 'no RandR' },
        ],
      },
    ],
    pointer: { uinput: 'auto', available: true, why: undefined },
    freeze: { state: 'thawed', leaseLeft: undefined, achieved: undefined, ended: undefined },
    bus: { connected: true },
    policy: { profile: 'full', file: '/etc/uga/policy.conf', rules: 0, broken: undefined },
    audit: { state: 'writing', folder: '/var/log/uga', count: 12, waiting: 0, lost: 0, why: undefined },
    sso: { state: 'idle', why: undefined },
    problems: [],
    ...parts,
  };
}
