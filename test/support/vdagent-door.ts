import type { SessionFeature } from '#protocol/ipc/messages/hello.ts';
import type { Capability } from '#protocol/vdagent/capabilities.ts';
import { silent } from '#shared/log/log.ts';
import type { DoorAudit } from '#system-agent/audit/audit.ts';
import type { ClipboardRules } from '#system-agent/clipboard/rules.ts';
import type { Pointer, PointerState } from '#system-agent/pointer/pointer.ts';
import type { FileRules } from '#system-agent/received-files/rules.ts';
import { type Departure, VdagentDoor } from '#system-agent/vdagent/door.ts';
import { type Gate, openGate } from '#system-agent/vdagent/gate.ts';
import { FakeChannel } from '#test/fakes/channel.ts';
import { FakeSessionAgent, FakeSessionLink } from '#test/fakes/served-session.ts';
import { ScriptedHost } from './vdagent-host.ts';

export class FakePointer implements Pointer {
  isAvailable = true;
  layout: unknown;
  readonly states: PointerState[] = [];
  releases = 0;

  arrange(layout: unknown): void {
    this.layout = layout;
  }

  put(state: PointerState): void {
    this.states.push(state);
  }

  release(): void {
    this.releases++;
  }
}

export interface Stage {
  readonly capabilities?: readonly Capability[];
  readonly clipboard?: Partial<ClipboardRules>;
  readonly files?: FileRules;
  readonly effects?: boolean;
  /** Of the session. */
  readonly features?: readonly SessionFeature[];
  readonly answerMs?: number;
  readonly gate?: Gate;
  readonly highWater?: number;
  readonly audit?: DoorAudit;
  readonly departure?: Departure;
  /** The client has announced itself and what was said until then was heard. */
  readonly greets?: boolean;
}

/** A door with a scripted host in front of it and a session behind it. */
export async function openDoor(stage: Stage = {}) {
  const {
    capabilities,
    clipboard = {},
    files,
    effects = true,
    features,
    answerMs = 3000,
    gate = openGate,
    highWater,
    audit,
    departure,
    greets = true,
  } = stage;
  const channel = new FakeChannel(highWater);
  const sessionLink = new FakeSessionLink();
  const agent = new FakeSessionAgent('c1', features);
  const pointer = new FakePointer();
  sessionLink.serve(agent);
  const parts = {
    channel,
    sessionLink,
    pointer,
    gate,
    log: silent,
    audit,
    clipboard,
    answerMs,
    effects,
    ...(files && { files }),
    ...(departure && { departure }),
  };
  const door = new VdagentDoor(parts);
  await door.start();
  channel.connect();
  const host = new ScriptedHost((bytes) => channel.say(bytes), capabilities);
  /** What the guest said, in order; promises in between have settled. */
  const heard = async () => {
    for (let turn = 0; turn < 3; turn++) {
      await new Promise((resolve) => setImmediate(resolve));
      host.hear(Buffer.from(channel.drain(), 'latin1'));
    }
    return host.heard();
  };
  if (greets) {
    host.announce(true);
    await heard();
  }
  return { channel, sessionLink, agent, session: agent.link, pointer, door, host, heard };
}
